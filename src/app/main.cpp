#include "app/command_line.h"

int main(int argc, char** argv) {
  return ringback::app::run(argc, argv);
}

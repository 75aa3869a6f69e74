#pragma once

namespace ringback::app {

/// The program: `ringback serve`, `ringback phone`, `ringback --version`. Returns the exit code.
int run(int argc, char** argv);

}  // namespace ringback::app

#include "sip/parameters.h"

#include <algorithm>

namespace ringback::sip {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_token_character(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
}

/// URI parameters may hold more than tokens: "[:]&+$/" and escapes (RFC 3261 25.1, paramchar).
bool is_parameter_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_token_character(c) || std::string_view("[]/:&$()").find(c) != std::string_view::npos;
  });
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_character);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  bool in_quotes = false;
  bool in_brackets = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_quotes) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_quotes = false;
      }
    } else if (c == '"') {
      in_quotes = true;
    } else if (c == '<') {
      in_brackets = true;
    } else if (c == '>') {
      in_brackets = false;
    } else if (c == separator && !in_brackets) {
      pieces.push_back(trimmed(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  pieces.push_back(trimmed(text.substr(begin)));
  return pieces;
}

std::string unquoted(std::string_view text) {
  text = trimmed(text);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  text = text.substr(1, text.size() - 2);
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    plain += text[i];
  }
  return plain;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  result += '"';
  return result;
}

std::optional<Parameters> Parameters::parse(std::string_view text) {
  Parameters parameters;
  text = trimmed(text);
  if (text.empty()) return parameters;
  if (text.front() == ';') text.remove_prefix(1);
  for (const std::string_view piece : split(text, ';')) {
    const auto equals = piece.find('=');
    const std::string_view name = trimmed(piece.substr(0, equals));
    if (!is_parameter_name(name)) return std::nullopt;
    Parameter item{std::string(name), std::nullopt};
    if (equals != std::string_view::npos) {
      const std::string_view value = trimmed(piece.substr(equals + 1));
      if (!value.empty() && value.front() == '"' && (value.size() < 2 || value.back() != '"'))
        return std::nullopt;
      item.value = value;
    }
    parameters.items_.push_back(std::move(item));
  }
  return parameters;
}

bool Parameters::has(std::string_view name) const {
  return std::ranges::any_of(items_,
                             [&](const Parameter& item) { return equal_ignoring_case(item.name, name); });
}

std::optional<std::string> Parameters::get(std::string_view name) const {
  for (const Parameter& item : items_) {
    if (equal_ignoring_case(item.name, name)) return item.value ? unquoted(*item.value) : std::string();
  }
  return std::nullopt;
}

void Parameters::set(std::string_view name, std::optional<std::string> value) {
  for (Parameter& item : items_) {
    if (equal_ignoring_case(item.name, name)) {
      item.value = std::move(value);
      return;
    }
  }
  items_.push_back({std::string(name), std::move(value)});
}

void Parameters::remove(std::string_view name) {
  std::erase_if(items_, [&](const Parameter& item) { return equal_ignoring_case(item.name, name); });
}

std::string Parameters::to_string() const {
  std::string text;
  for (const Parameter& item : items_) {
    text += ';';
    text += item.name;
    if (item.value) {
      text += '=';
      text += *item.value;
    }
  }
  return text;
}

}  // namespace ringback::sip

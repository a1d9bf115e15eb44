// base/text.h: small things of text.
#pragma once

#include <string>
#include <string_view>

namespace tarn {

// Without blanks, tabs and line ends around it.
std::string_view Trim(std::string_view text);

// `text` as a JSON string literal, with quotes.
void AppendJsonString(std::string_view text, std::string &out);
std::string JsonString(std::string_view text);

}  // namespace tarn

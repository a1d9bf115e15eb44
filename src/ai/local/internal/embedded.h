// ai/local/internal/embedded.h: the files of data/ as they are in the binary.
#pragma once

#include <string_view>

namespace tarn::ai::local {

std::string_view EmbeddedStopWords();
std::string_view EmbeddedVader();
std::string_view EmbeddedAfinn();
std::string_view EmbeddedEmoji();
std::string_view EmbeddedVectors();

}  // namespace tarn::ai::local

// extjson/internal/syntax.h: what is wrong with a text, and where, in words.
//
// The fast parsers only know that something is wrong. This slow one goes over the block again, byte
// by byte, and finds the first mistake; it runs once, on the way to an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "extjson/internal/text_block.h"

namespace tarn::extjson {

struct SyntaxProblem {
    enum class Kind : uint8_t { kSyntax, kEncoding, kDepth };
    Kind kind = Kind::kSyntax;
    size_t offset = 0;  // In the block.
    std::string message;
};

// The first problem of `block`; nullopt when its text is well-formed.
std::optional<SyntaxProblem> FindSyntaxProblem(const TextBlock &block, int max_depth);

// The error for a block that could not be parsed. When the text turns out to be well-formed, `otherwise`
// is what is wrong, at `offset`.
Error DescribeBadBlock(const TextBlock &block, const std::string &path, int max_depth, size_t offset,
                       const char *otherwise = "the text is not JSON.");

// The error for a block that is `oversized`: what is wrong with it, or that it is too large.
Error DescribeOversized(const TextBlock &block, const std::string &path, int max_depth, size_t max_document_bytes);

}  // namespace tarn::extjson

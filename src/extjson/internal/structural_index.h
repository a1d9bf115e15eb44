// extjson/internal/structural_index.h: simdjson's first stage, the positions of a text's tokens.
//
// We walk these positions ourselves instead of going through simdjson's document interfaces: many
// documents are one pass, a string's end is known from the token after it, and every position is at
// the same time the offset that an error names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace simdjson::internal {
class dom_parser_implementation;
}

namespace tarn::extjson {

class StructuralIndex {
public:
    StructuralIndex();
    ~StructuralIndex();

    enum class Outcome : uint8_t { kOk, kBadText, kNoMemory };

    // kBadText: not UTF-8, a control character in a string or an open string; FindSyntaxProblem says where.
    // REQUIRES: `text` has kPadding bytes behind `size`; size < 4 GiB.
    Outcome Build(const char *text, size_t size);

    // Offsets of `{ } [ ] : ,` outside strings, of opening quotes and of the first byte of numbers and
    // literals; ascending. Two more entries hold `size`.
    const uint32_t *begin() const { return begin_; }
    const uint32_t *end() const { return end_; }

private:
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
    size_t capacity_ = 0;
    const uint32_t *begin_ = nullptr;
    const uint32_t *end_ = nullptr;
};

}  // namespace tarn::extjson

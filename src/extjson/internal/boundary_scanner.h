// extjson/internal/boundary_scanner.h: where documents end, without parsing them.
//
// Counts brackets outside strings, 64 bytes at a step. Whether the text is JSON at all is not its
// business: it only promises that in valid JSON every boundary lies between two documents, and
// parsing the pieces proves the boundaries right one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tarn::extjson {

class BoundaryScanner {
public:
    static constexpr size_t kNone = ~size_t{0};

    // Before a file's first byte after an array's `[` (base_depth 1) or before its first document (0).
    void Reset(int base_depth);

    // Takes text[from, to), which follows on what was taken before. REQUIRES: `text` stays until LastBoundary.
    void Advance(const char *text, size_t from, size_t to);

    // The last position in the range of the last Advance that directly follows a bracket which closes
    // a document; kNone when no document ends there.
    size_t LastBoundary() const;

    // A backslash was seen since the last call.
    bool TakeBackslashSeen();

    struct State {
        int64_t depth = 0;
        uint64_t in_string = 0;  // All ones within a string.
        uint64_t escaped = 0;    // 1 when the next character is escaped.
        uint64_t backslashes = 0;
    };

private:
    State state_;
    int64_t base_depth_ = 0;
    const char *text_ = nullptr;
    size_t from_ = 0;
    size_t to_ = 0;
    std::vector<State> groups_;  // The state before each group of blocks of the last Advance.
};

}  // namespace tarn::extjson

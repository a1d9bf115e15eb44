// extjson/internal/text_block.h: a run of whole documents, as bytes in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace tarn::extjson {

// Bytes past the text that vector loads may touch. They are zero after Seal(), which also makes any
// look past the last token see a character that no grammar rule accepts.
inline constexpr size_t kPadding = 128;

struct FreeDeleter {
    void operator()(char *memory) const { std::free(memory); }
};
using RawMemory = std::unique_ptr<char[], FreeDeleter>;

// Uninitialised, aligned to a cache line; `bytes` is rounded up. Null when memory is short.
inline RawMemory AllocateRaw(size_t bytes) {
    return RawMemory(static_cast<char *>(std::aligned_alloc(64, (bytes + 63) / 64 * 64)));
}

// Filled by a Splitter, then read by one worker; batches keep it alive for their string slots.
struct TextBlock {
    RawMemory memory;
    size_t capacity = 0;  // Without the padding.
    size_t size = 0;
    RawMemory unescaped;  // Texts of strings that had escapes; at most `size` bytes are ever needed.
    size_t unescaped_capacity = 0;
    size_t unescaped_size = 0;

    uint64_t file_offset = 0;  // Of the first byte, in the decompressed file.
    uint32_t file_index = 0;
    uint64_t chunk_index = 0;
    bool array_mode = false;  // The file is one array; its `[` is no part of any block.
    bool first = false;       // Of its file.
    bool last = false;        // Of its file: an array's `]` is here or missing.
    bool oversized = false;   // Cut: it begins with a document larger than the limit.
    bool has_backslash = false;

    const char *text() const { return memory.get(); }

    // Keeps the first `size` bytes.
    bool Reserve(size_t bytes) {
        if (bytes <= capacity) return true;
        RawMemory larger = AllocateRaw(bytes + kPadding);
        if (!larger) return false;
        if (size > 0) std::memcpy(larger.get(), memory.get(), size);
        memory = std::move(larger);
        capacity = bytes;
        return true;
    }

    void Seal() { std::memset(memory.get() + size, 0, kPadding); }

    // Room for `bytes` more of unescaped text, plus padding.
    char *UnescapeRoom() {
        if (unescaped_capacity < size) {
            unescaped = AllocateRaw(size + kPadding);
            unescaped_capacity = size;
            unescaped_size = 0;
        }
        return unescaped.get() + unescaped_size;
    }
};

}  // namespace tarn::extjson

// extjson/internal/settings.h: options to sizes.
#pragma once

#include <algorithm>
#include <thread>

#include "extjson/extjson.h"

namespace tarn::extjson {

inline int ThreadCount(const ReadOptions &options) {
    if (options.threads > 0) return options.threads;
    return std::max(1, int(std::thread::hardware_concurrency()));
}

// A block costs about six times its text: the text, its positions, the columns made of it. It should
// also stay in a core's own cache between finding its tokens and walking them.
inline size_t ChunkBytes(const ReadOptions &options) {
    if (options.chunk_bytes > 0) return options.chunk_bytes;
    size_t share = options.memory_limit_bytes / size_t(ThreadCount(options)) / 8;
    return std::clamp(share, size_t{32} << 10, size_t{256} << 10);
}

Result<void> CheckOptions(const ReadOptions &options);

}  // namespace tarn::extjson

#include <atomic>
#include <limits>
#include <mutex>
#include <thread>

#include "extjson/extjson.h"
#include "extjson/internal/infer_tree.h"
#include "extjson/internal/settings.h"
#include "extjson/internal/splitter.h"

namespace tarn::extjson {
namespace {

constexpr int kDepthLimit = 1000;  // Walkers recurse.

// What the threads of one inference share.
class Inference {
public:
    Inference(const std::vector<InputFile> &files, const ReadOptions &options)
        : files_(files), options_(options), splitter_(files, ChunkBytes(options), options.max_document_bytes) {}

    Result<DataType> Run(SchemaPaths *paths) {
        std::vector<std::unique_ptr<InferWalker>> walkers;
        auto new_walker = [&] { return walkers.emplace_back(std::make_unique<InferWalker>(files_, options_)).get(); };
        InferWalker *mine = new_walker();
        TextBlock block;
        // A small input is one block: no thread is started for it.
        if (Step(*mine, block)) {
            bool more = !block.last || files_.size() > 1;
            std::vector<std::jthread> threads;
            for (int i = 1; more && i < ThreadCount(options_); ++i) {
                threads.emplace_back([this, walker = new_walker()] {
                    TextBlock own;
                    while (Step(*walker, own)) {
                    }
                });
            }
            while (Step(*mine, block)) {
            }
        }
        if (error_) return Fail(std::move(*error_));
        for (auto &walker : walkers) {
            if (walker.get() != mine) MergeTrees(mine->root(), walker->root());
        }
        return ResolveTree(mine->root(), files_, options_.mode, paths);
    }

private:
    // One block. False when there is nothing left to do.
    bool Step(InferWalker &walker, TextBlock &block) {
        auto filled = splitter_.Next(block);
        if (!filled) return Keep(std::numeric_limits<uint64_t>::max(), std::move(filled).error());
        // Blocks before a bad one are still looked at: the first error counts.
        if (!*filled || block.chunk_index > failed_chunk_.load(std::memory_order_relaxed)) return false;
        auto added = walker.Add(block);
        return added ? true : Keep(block.chunk_index, std::move(added).error());
    }

    bool Keep(uint64_t chunk, Error error) {
        std::lock_guard lock(mutex_);
        if (!error_ || chunk < failed_chunk_) {
            failed_chunk_ = chunk;
            error_ = std::make_unique<Error>(std::move(error));
        }
        return false;
    }

    const std::vector<InputFile> &files_;
    const ReadOptions &options_;
    Splitter splitter_;
    std::atomic<uint64_t> failed_chunk_{std::numeric_limits<uint64_t>::max()};
    std::mutex mutex_;
    std::unique_ptr<Error> error_;
};

}  // namespace

Result<void> CheckOptions(const ReadOptions &options) {
    auto wrong = [](const char *what) { return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", what); };
    if (options.max_depth < 1 || options.max_depth > kDepthLimit) return wrong("max_depth must be between 1 and 1000.");
    if (options.batch_rows == 0 || options.batch_rows % 64 != 0) return wrong("batch_rows must be a multiple of 64.");
    if (options.max_document_bytes == 0 || options.max_document_bytes > size_t{1} << 30) {
        return wrong("max_document_bytes must be between 1 and 1 GiB.");
    }
    if (options.chunk_bytes > size_t{1} << 30) return wrong("chunk_bytes must be at most 1 GiB.");
    return {};
}

Result<DataType> InferSchema(const std::vector<InputFile> &files, const ReadOptions &options, SchemaPaths *paths) {
    TARN_CHECK(CheckOptions(options));
    return Inference(files, options).Run(paths);
}

}  // namespace tarn::extjson

// extjson/internal/splitter.h: files to blocks of whole documents.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "extjson/extjson.h"
#include "extjson/internal/boundary_scanner.h"
#include "extjson/internal/text_block.h"

namespace tarn::extjson {

// Reads the files one after the other and cuts them between documents. Looks at encoding and at the
// first bracket; all else about the text is left to whoever parses the blocks.
class Splitter {
public:
    // `files` is borrowed. Blocks are about `chunk_bytes` long, longer when one document is.
    Splitter(const std::vector<InputFile> &files, size_t chunk_bytes, size_t max_document_bytes)
        : files_(files), chunk_bytes_(chunk_bytes), max_document_bytes_(max_document_bytes) {}

    // The next block in file order, into `block`, whose memory is used again. False at the end. Any thread.
    // After an error: always that error.
    Result<bool> Next(TextBlock &block);

    uint64_t bytes_read() const { return bytes_read_.load(std::memory_order_relaxed); }

private:
    Result<void> OpenNextFile();
    Result<void> CheckByteOrderMark();
    // Reads and counts; 0 at the end.
    Result<size_t> ReadSome(char *buffer, size_t size);
    Result<bool> Fill(TextBlock &block);
    void Deliver(TextBlock &block, size_t size);
    std::unexpected<Error> Keep(Error error);

    const std::vector<InputFile> &files_;
    const size_t chunk_bytes_;
    const size_t max_document_bytes_;
    std::atomic<uint64_t> bytes_read_{0};

    std::mutex mutex_;  // For everything below.
    std::unique_ptr<Error> failed_;
    size_t next_file_ = 0;
    std::unique_ptr<ByteSource> source_;
    BoundaryScanner scanner_;
    std::string carry_;         // Read, but after the last boundary.
    size_t carry_scanned_ = 0;  // How much of it the scanner has seen.
    bool carry_backslash_ = false;
    uint64_t carry_offset_ = 0;  // Of carry_'s first byte, in the file.
    bool array_mode_ = false;
    bool first_ = false;
    uint64_t chunk_index_ = 0;
};

}  // namespace tarn::extjson

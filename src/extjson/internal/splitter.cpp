#include "extjson/internal/splitter.h"

#include <algorithm>

#include "extjson/internal/messages.h"
#include "extjson/internal/sources.h"

namespace tarn::extjson {
namespace {

constexpr size_t kHeadBytes = 4096;  // Read to see how a file begins.

bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::string_view ForeignEncoding(std::string_view head) {
    using namespace std::string_view_literals;
    if (head.starts_with("\xff\xfe\0\0"sv)) return "UTF-32 (little endian)";
    if (head.starts_with("\0\0\xfe\xff"sv)) return "UTF-32 (big endian)";
    if (head.starts_with("\xff\xfe"sv)) return "UTF-16 (little endian)";
    if (head.starts_with("\xfe\xff"sv)) return "UTF-16 (big endian)";
    // Without a mark: JSON begins with two ASCII characters.
    if (head.size() < 4) return {};
    bool zero[4] = {head[0] == 0, head[1] == 0, head[2] == 0, head[3] == 0};
    if (!zero[0] && zero[1]) return zero[2] ? "UTF-32 (little endian)" : "UTF-16 (little endian)";
    if (zero[0] && !zero[1]) return "UTF-16 (big endian)";
    if (zero[0] && zero[2] && !zero[3]) return "UTF-32 (big endian)";
    return {};
}

}  // namespace

std::unexpected<Error> Splitter::Keep(Error error) {
    failed_ = std::make_unique<Error>(error);
    source_.reset();
    return Fail(std::move(error));
}

Result<size_t> Splitter::ReadSome(char *buffer, size_t size) {
    TARN_TRY(size_t got, source_->Read(buffer, size));
    bytes_read_.fetch_add(got, std::memory_order_relaxed);
    return got;
}

Result<bool> Splitter::Next(TextBlock &block) {
    std::lock_guard lock(mutex_);
    if (failed_) return Fail(*failed_);
    while (!source_) {
        if (next_file_ == files_.size()) return false;
        if (auto opened = OpenNextFile(); !opened) return Keep(std::move(opened).error());
    }
    auto filled = Fill(block);
    if (!filled) return Keep(std::move(filled).error());
    return filled;
}

// Leaves in carry_ what was read behind the byte order mark, blanks and an array's `[`.
Result<void> Splitter::OpenNextFile() {
    const InputFile &file = files_[next_file_++];
    TARN_TRY(source_, OpenDecoded(file));
    carry_.clear();
    carry_offset_ = 0;
    carry_scanned_ = 0;
    carry_backslash_ = false;
    array_mode_ = false;
    first_ = true;
    bool begun = false;
    for (;;) {
        size_t before = carry_.size();
        carry_.resize(before + kHeadBytes);
        TARN_TRY(size_t got, ReadSome(carry_.data() + before, kHeadBytes));
        carry_.resize(before + got);
        if (!begun && (carry_.size() >= 4 || got == 0)) {
            TARN_CHECK(CheckByteOrderMark());
            begun = true;
        }
        size_t blanks = size_t(std::ranges::find_if_not(carry_, IsBlank) - carry_.begin());
        if (begun && blanks < carry_.size()) {
            array_mode_ = carry_[blanks] == '[';
            size_t used = blanks + (array_mode_ ? 1 : 0);
            carry_.erase(0, used);
            carry_offset_ += used;
            break;
        }
        if (got == 0) {
            return Fail(ErrorKind::kInvalidInput, "MALFORMED_RECORD_IN_PARSING",
                        file.path + " at byte " + std::to_string(carry_offset_ + carry_.size()) +
                            ": the file is empty; an export without documents is `[]`.");
        }
        if (begun) {
            carry_offset_ += carry_.size();
            carry_.clear();
        }
    }
    scanner_.Reset(array_mode_ ? 1 : 0);
    return {};
}

Result<void> Splitter::CheckByteOrderMark() {
    std::string_view encoding = ForeignEncoding(carry_);
    if (!encoding.empty()) {
        return Fail(ErrorKind::kInvalidInput, "FAILED_READ_FILE",
                    files_[next_file_ - 1].path + " at byte 0: the text is encoded in " + std::string(encoding) +
                        "; JSON files must be UTF-8.");
    }
    if (carry_.starts_with("\xef\xbb\xbf")) {
        carry_.erase(0, 3);
        carry_offset_ = 3;
    }
    return {};
}

void Splitter::Deliver(TextBlock &block, size_t size) {
    block.file_offset = carry_offset_;
    block.file_index = uint32_t(next_file_ - 1);
    block.chunk_index = chunk_index_++;
    block.array_mode = array_mode_;
    block.first = first_;
    bool backslash = scanner_.TakeBackslashSeen();
    block.has_backslash = backslash || carry_backslash_;
    carry_backslash_ = backslash;
    carry_.assign(block.text() + size, block.size - size);
    carry_scanned_ = carry_.size();
    carry_offset_ += size;
    block.size = size;
    block.Seal();
    first_ = false;
}

Result<bool> Splitter::Fill(TextBlock &block) {
    const std::string &path = files_[next_file_ - 1].path;
    block.size = block.unescaped_size = 0;
    block.last = block.oversized = false;
    size_t target = std::max(chunk_bytes_, carry_.size() + chunk_bytes_ / 4);
    size_t largest = max_document_bytes_ + chunk_bytes_;
    if (!block.Reserve(target)) return Fail(OutOfMemory(path, target));
    std::copy(carry_.begin(), carry_.end(), block.memory.get());
    block.size = carry_.size();
    size_t scanned = carry_scanned_;
    for (;;) {
        while (block.size < target) {
            TARN_TRY(size_t got, ReadSome(block.memory.get() + block.size, target - block.size));
            if (got == 0) {
                block.last = true;
                break;
            }
            block.size += got;
        }
        scanner_.Advance(block.text(), scanned, block.size);
        scanned = block.size;
        if (block.last) {
            Deliver(block, block.size);
            source_.reset();
            return true;
        }
        size_t boundary = scanner_.LastBoundary();
        if (boundary != BoundaryScanner::kNone) {
            Deliver(block, boundary);
            return true;
        }
        if (target >= largest) {
            block.oversized = true;
            Deliver(block, block.size);
            source_.reset();
            next_file_ = files_.size();
            return true;
        }
        target = std::min(target * 2, largest);
        if (!block.Reserve(target)) return Fail(OutOfMemory(path, target));
    }
}

}  // namespace tarn::extjson

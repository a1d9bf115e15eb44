#include "extjson/internal/sources.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace tarn::extjson {
namespace {

constexpr size_t kCompressedBlock = size_t{256} << 10;

std::unexpected<Error> ReadFailed(const std::string &path, const std::string &why) {
    return Fail(ErrorKind::kIo, "FAILED_READ_FILE", path + ": " + why);
}

class LocalFile final : public ByteSource {
public:
    LocalFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
    ~LocalFile() override { ::close(fd_); }
    LocalFile(const LocalFile &) = delete;
    LocalFile &operator=(const LocalFile &) = delete;

    Result<size_t> Read(char *buffer, size_t size) override {
        for (;;) {
            ssize_t got = ::read(fd_, buffer, size);
            if (got >= 0) return size_t(got);
            if (errno != EINTR) return ReadFailed(path_, std::string("cannot be read: ") + std::strerror(errno) + ".");
        }
    }

private:
    int fd_;
    std::string path_;
};

Result<std::unique_ptr<ByteSource>> OpenLocal(const std::string &path) {
    int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int code = errno;
        if (code == ENOENT || code == ENOTDIR) {
            return Fail(ErrorKind::kNotFound, "PATH_NOT_FOUND", "Path does not exist: " + path + ".");
        }
        return ReadFailed(path, std::string("cannot be opened: ") + std::strerror(code) + ".");
    }
    auto file = std::make_unique<LocalFile>(fd, path);
    struct stat info {};
    if (::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) return ReadFailed(path, "is a directory, not a file.");
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return file;
}

// Gives back bytes that were read to look at them, then goes on.
class Rewound final : public ByteSource {
public:
    Rewound(std::string head, std::unique_ptr<ByteSource> rest) : head_(std::move(head)), rest_(std::move(rest)) {}

    Result<size_t> Read(char *buffer, size_t size) override {
        if (used_ == head_.size()) return rest_->Read(buffer, size);
        size_t count = std::min(size, head_.size() - used_);
        std::memcpy(buffer, head_.data() + used_, count);
        used_ += count;
        return count;
    }

private:
    std::string head_;
    size_t used_ = 0;
    std::unique_ptr<ByteSource> rest_;
};

// The compressed side of a decoder.
class Refill {
public:
    explicit Refill(std::unique_ptr<ByteSource> source) : source_(std::move(source)), buffer_(kCompressedBlock) {}

    // False at the end. REQUIRES: everything of the last block was used.
    Result<bool> Next() {
        TARN_TRY(size, source_->Read(buffer_.data(), buffer_.size()));
        taken += size;
        return size > 0;
    }
    char *data() { return buffer_.data(); }

    uint64_t taken = 0;
    size_t size = 0;

private:
    std::unique_ptr<ByteSource> source_;
    std::vector<char> buffer_;
};

class Gzip final : public ByteSource {
public:
    Gzip(std::unique_ptr<ByteSource> source, std::string path) : input_(std::move(source)), path_(std::move(path)) {
        ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK;
    }
    ~Gzip() override { inflateEnd(&stream_); }
    Gzip(const Gzip &) = delete;
    Gzip &operator=(const Gzip &) = delete;

    Result<size_t> Read(char *buffer, size_t size) override {
        if (!ready_) return Fail(ErrorKind::kIo, "OUT_OF_MEMORY", path_ + ": not enough memory to decompress gzip.");
        stream_.next_out = reinterpret_cast<Bytef *>(buffer);
        stream_.avail_out = uInt(std::min<size_t>(size, size_t{1} << 30));
        size_t wanted = stream_.avail_out;
        while (stream_.avail_out == wanted) {
            if (stream_.avail_in == 0) {
                TARN_TRY(bool more, input_.Next());
                if (!more) {
                    if (at_member_start_) return size_t{0};
                    return ReadFailed(path_, "gzip data ends in the middle, after " + std::to_string(input_.taken) +
                                                 " compressed bytes: the file is cut.");
                }
                stream_.next_in = reinterpret_cast<Bytef *>(input_.data());
                stream_.avail_in = uInt(input_.size);
            }
            if (at_member_start_) {
                // Blocks of zeros may follow the last member, as tape and some tools pad.
                if (finished_one_ && *stream_.next_in == 0) {
                    ++stream_.next_in;
                    --stream_.avail_in;
                    continue;
                }
                inflateReset(&stream_);
                at_member_start_ = false;
            }
            int code = inflate(&stream_, Z_NO_FLUSH);
            if (code == Z_STREAM_END) {
                at_member_start_ = finished_one_ = true;
            } else if (code != Z_OK && code != Z_BUF_ERROR) {
                uint64_t at = input_.taken - stream_.avail_in;
                return ReadFailed(path_, "damaged gzip data near compressed byte " + std::to_string(at) + ": " +
                                             (stream_.msg ? stream_.msg : "wrong header") + ".");
            }
        }
        return wanted - stream_.avail_out;
    }

private:
    Refill input_;
    std::string path_;
    z_stream stream_{};
    bool ready_ = false;
    bool at_member_start_ = true;
    bool finished_one_ = false;
};

class Zstd final : public ByteSource {
public:
    Zstd(std::unique_ptr<ByteSource> source, std::string path)
        : input_(std::move(source)), path_(std::move(path)), stream_(ZSTD_createDStream()) {}
    ~Zstd() override { ZSTD_freeDStream(stream_); }
    Zstd(const Zstd &) = delete;
    Zstd &operator=(const Zstd &) = delete;

    Result<size_t> Read(char *buffer, size_t size) override {
        if (!stream_) return Fail(ErrorKind::kIo, "OUT_OF_MEMORY", path_ + ": not enough memory to decompress zstd.");
        ZSTD_outBuffer out{buffer, size, 0};
        while (out.pos == 0) {
            if (in_.pos == in_.size) {
                TARN_TRY(bool more, input_.Next());
                if (!more) {
                    if (between_frames_) return size_t{0};
                    return ReadFailed(path_, "zstd data ends in the middle, after " + std::to_string(input_.taken) +
                                                 " compressed bytes: the file is cut.");
                }
                in_ = {input_.data(), input_.size, 0};
            }
            size_t code = ZSTD_decompressStream(stream_, &out, &in_);
            if (ZSTD_isError(code)) {
                uint64_t at = input_.taken - (in_.size - in_.pos);
                return ReadFailed(path_, "damaged zstd data near compressed byte " + std::to_string(at) + ": " +
                                             ZSTD_getErrorName(code) + ".");
            }
            between_frames_ = code == 0;
        }
        return out.pos;
    }

private:
    Refill input_;
    std::string path_;
    ZSTD_DStream *stream_;
    ZSTD_inBuffer in_{nullptr, 0, 0};
    bool between_frames_ = true;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> OpenDecoded(const InputFile &file) {
    TARN_TRY(std::unique_ptr<ByteSource> source, file.open ? file.open() : OpenLocal(file.path));
    std::string head(4, '\0');
    size_t size = 0;
    while (size < head.size()) {
        TARN_TRY(size_t got, source->Read(head.data() + size, head.size() - size));
        if (got == 0) break;
        size += got;
    }
    head.resize(size);
    bool gzip = head.starts_with("\x1f\x8b");
    // A frame, or one of the sixteen skippable frames that may come before it.
    bool zstd = head == "\x28\xb5\x2f\xfd" || (size == 4 && (head[0] & 0xf0) == 0x50 && head.ends_with("\x2a\x4d\x18"));
    source = std::make_unique<Rewound>(std::move(head), std::move(source));
    if (gzip) return std::make_unique<Gzip>(std::move(source), file.path);
    if (zstd) return std::make_unique<Zstd>(std::move(source), file.path);
    return source;
}

}  // namespace tarn::extjson

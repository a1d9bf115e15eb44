#include "storage/local_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <set>
#include <system_error>

#include "storage/path.h"

namespace tarn::storage {
namespace {

constexpr std::string_view kTemporaryPrefix = ".tarn-tmp-";

class FileHandle {
public:
    explicit FileHandle(int fd) : fd_(fd) {}
    FileHandle(const FileHandle &) = delete;
    FileHandle &operator=(const FileHandle &) = delete;
    ~FileHandle() {
        if (fd_ >= 0) close(fd_);
    }
    int get() const { return fd_; }
    // close() may report a late write error; a destructor could not.
    int Close() {
        int fd = fd_;
        fd_ = -1;
        return close(fd);
    }

private:
    int fd_;
};

std::unexpected<Error> IoFailure(std::string_view what, const std::string &path, int code) {
    if (code == ENOENT || code == ENOTDIR || code == EISDIR) {
        return Fail(ErrorKind::kNotFound, "PATH_NOT_FOUND", "Path does not exist: " + path + ".");
    }
    return Fail(ErrorKind::kIo, "IO_ERROR",
                std::string(what) + " " + path + " failed: " + std::generic_category().message(code) + ".");
}

std::string Parent(const std::string &path) {
    size_t slash = path.rfind('/');
    return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

Result<void> SyncPath(const std::string &path, int flags) {
    FileHandle file(open(path.c_str(), flags | O_CLOEXEC));
    if (file.get() < 0) return IoFailure("Opening", path, errno);
    if (fsync(file.get()) != 0) return IoFailure("Syncing", path, errno);
    return {};
}

Result<void> MakeDirectories(const std::string &directory, Durability durability) {
    if (mkdir(directory.c_str(), 0777) != 0) {
        if (errno == EEXIST) return {};
        if (errno != ENOENT || directory == "/") return IoFailure("Creating the directory", directory, errno);
        TARN_CHECK(MakeDirectories(Parent(directory), durability));
        if (mkdir(directory.c_str(), 0777) != 0 && errno != EEXIST) {
            return IoFailure("Creating the directory", directory, errno);
        }
    }
    if (durability == Durability::kProcessCrash) return {};
    return SyncPath(Parent(directory), O_RDONLY | O_DIRECTORY);
}

std::string TemporaryName(const std::string &path) {
    static std::atomic<uint64_t> counter{std::random_device{}()};
    return Parent(path) + "/" + std::string(kTemporaryPrefix) + std::to_string(getpid()) + "-" +
           std::to_string(counter.fetch_add(1));
}

// Hadoop keeps the checksum of "x" in ".x.crc". Left beside changed bytes it would stop Spark from reading them.
void DropHadoopChecksum(const std::string &path) {
    size_t name = path.rfind('/') + 1;
    unlink((path.substr(0, name) + "." + path.substr(name) + ".crc").c_str());
}

// A file that is gone when this goes, unless it was renamed before.
struct TemporaryFile {
    std::string path;
    ~TemporaryFile() {
        if (!path.empty()) unlink(path.c_str());
    }
};

Result<void> WriteTemporary(const std::string &target, std::string_view bytes, Durability durability,
                            TemporaryFile &temporary) {
    std::string name = TemporaryName(target);
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd = open(name.c_str(), kFlags, 0666);
    if (fd < 0 && errno == ENOENT) {
        TARN_CHECK(MakeDirectories(Parent(target), durability));
        fd = open(name.c_str(), kFlags, 0666);
    }
    if (fd < 0) return Fail(ErrorKind::kIo, "IO_ERROR", "Creating a file beside " + target + " failed: " +
                                                            std::generic_category().message(errno) + ".");
    temporary.path = name;
    FileHandle file(fd);
    while (!bytes.empty()) {
        ssize_t written = write(file.get(), bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR) continue;
            return IoFailure("Writing", target, errno);
        }
        bytes.remove_prefix(static_cast<size_t>(written));
    }
    if (durability == Durability::kPowerLoss && fsync(file.get()) != 0) return IoFailure("Syncing", target, errno);
    if (file.Close() != 0) return IoFailure("Writing", target, errno);
    return {};
}

ObjectInfo InfoOf(std::string path, const struct stat &status) {
    return ObjectInfo{std::move(path), status.st_size,
                      int64_t{status.st_mtim.tv_sec} * 1000 + status.st_mtim.tv_nsec / 1'000'000};
}

// Everything below `directory`; `relative` is its name below the listing's start, "" or ending in '/'.
Result<void> ListInto(const std::string &directory, const std::string &relative, const ListOptions &options,
                      std::vector<ObjectInfo> &out) {
    DIR *stream = opendir(directory.c_str());
    if (stream == nullptr) {
        if (errno == ENOENT || errno == ENOTDIR) return {};
        return IoFailure("Listing", directory, errno);
    }
    std::unique_ptr<DIR, int (*)(DIR *)> closer(stream, closedir);
    while (true) {
        errno = 0;
        struct dirent *entry = readdir(stream);
        if (entry == nullptr) {
            if (errno != 0) return IoFailure("Listing", directory, errno);
            return {};
        }
        std::string_view name = entry->d_name;
        if (name == "." || name == ".." || name.starts_with(kTemporaryPrefix)) continue;
        std::string below = relative + std::string(name);
        bool maybe_directory = entry->d_type != DT_REG;
        // Most names are filtered before they cost a stat.
        if (!maybe_directory && (below <= options.start_after || !below.starts_with(options.prefix))) continue;
        struct stat status {};
        if (fstatat(dirfd(stream), entry->d_name, &status, 0) != 0) {
            if (errno == ENOENT) continue;  // Deleted meanwhile, or a dangling link.
            return IoFailure("Reading the status of", directory + "/" + std::string(name), errno);
        }
        if (S_ISDIR(status.st_mode)) {
            if (options.recursive) TARN_CHECK(ListInto(directory + "/" + std::string(name), below + "/", options, out));
        } else if (S_ISREG(status.st_mode) && below > options.start_after && below.starts_with(options.prefix)) {
            out.push_back(InfoOf(JoinPath(directory, name), status));
        }
    }
}

}  // namespace

Result<std::string> LocalStore::Read(const std::string &path) {
    FileHandle file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return IoFailure("Opening", path, errno);
    struct stat status {};
    if (fstat(file.get(), &status) != 0) return IoFailure("Reading", path, errno);
    if (S_ISDIR(status.st_mode)) return IoFailure("Reading", path, EISDIR);
    std::string bytes;
    bytes.resize(static_cast<size_t>(status.st_size));
    size_t done = 0;
    while (done < bytes.size()) {
        ssize_t got = read(file.get(), bytes.data() + done, bytes.size() - done);
        if (got < 0) {
            if (errno == EINTR) continue;
            return IoFailure("Reading", path, errno);
        }
        if (got == 0) break;
        done += static_cast<size_t>(got);
    }
    bytes.resize(done);
    return bytes;
}

Result<std::string> LocalStore::ReadRange(const std::string &path, uint64_t offset, uint64_t length) {
    FileHandle file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return IoFailure("Opening", path, errno);
    struct stat status {};
    if (fstat(file.get(), &status) != 0) return IoFailure("Reading", path, errno);
    uint64_t size = static_cast<uint64_t>(status.st_size);
    // Checked before the buffer is made: `length` may come from a damaged file.
    if (S_ISDIR(status.st_mode) || offset > size || length > size - offset) {
        return Fail(ErrorKind::kCorrupt, "FAILED_READ_FILE", path + " ends before byte " + std::to_string(offset) +
                                                                 " + " + std::to_string(length) + ".");
    }
    std::string bytes(length, '\0');
    size_t done = 0;
    while (done < bytes.size()) {
        ssize_t got = pread(file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return IoFailure("Reading", path, got < 0 ? errno : EIO);
        done += static_cast<size_t>(got);
    }
    return bytes;
}

Result<void> LocalStore::Put(const std::string &path, std::string_view bytes) {
    TemporaryFile temporary;
    TARN_CHECK(WriteTemporary(path, bytes, durability_, temporary));
    DropHadoopChecksum(path);
    if (rename(temporary.path.c_str(), path.c_str()) != 0) return IoFailure("Writing", path, errno);
    temporary.path.clear();
    if (durability_ == Durability::kPowerLoss) TARN_CHECK(SyncPath(Parent(path), O_RDONLY | O_DIRECTORY));
    return {};
}

Result<PutOutcome> LocalStore::PutIfAbsent(const std::string &path, std::string_view bytes) {
    TemporaryFile temporary;
    TARN_CHECK(WriteTemporary(path, bytes, durability_, temporary));
    if (link(temporary.path.c_str(), path.c_str()) != 0) {
        int code = errno;
        // Some file systems have no hard links (exFAT, some network mounts).
        if (code == EPERM || code == EOPNOTSUPP || code == ENOSYS || code == EMLINK) {
            if (renameat2(AT_FDCWD, temporary.path.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) {
                temporary.path.clear();
                code = 0;
            } else {
                code = errno;
            }
        }
        if (code == EEXIST) return PutOutcome::kExists;
        if (code != 0) return IoFailure("Writing", path, code);
    }
    if (durability_ == Durability::kPowerLoss) {
        Result<void> synced = SyncPath(Parent(path), O_RDONLY | O_DIRECTORY);
        // Others can see it already; only its durability is unknown.
        if (!synced) return Fail(ErrorKind::kUnknownOutcome, "IO_ERROR", synced.error().message);
    }
    return PutOutcome::kWritten;
}

Result<std::vector<ObjectInfo>> LocalStore::List(const std::string &directory, const ListOptions &options) {
    std::vector<ObjectInfo> out;
    TARN_CHECK(ListInto(directory, "", options, out));
    std::ranges::sort(out, {}, &ObjectInfo::path);
    if (options.limit > 0 && out.size() > options.limit) out.resize(options.limit);
    return out;
}

Result<ObjectInfo> LocalStore::Head(const std::string &path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return IoFailure("Reading the status of", path, errno);
    if (S_ISDIR(status.st_mode)) return IoFailure("Reading the status of", path, EISDIR);
    return InfoOf(path, status);
}

Result<void> LocalStore::Delete(const std::string &path) {
    DropHadoopChecksum(path);
    if (unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return {};
    return IoFailure("Deleting", path, errno);
}

Result<void> LocalStore::DeleteAll(const std::string &directory) {
    std::error_code failed;
    std::filesystem::remove_all(directory, failed);
    if (failed) return Fail(ErrorKind::kIo, "IO_ERROR", "Removing " + directory + " failed: " + failed.message() + ".");
    return {};
}

Result<void> LocalStore::MakeDurable(const std::vector<std::string> &paths, const std::string &settled) {
    if (durability_ == Durability::kProcessCrash) {
        for (const std::string &path : paths) TARN_CHECK(Head(path));
        return {};
    }
    std::set<std::string> directories, above;
    for (const std::string &path : paths) {
        TARN_CHECK(SyncPath(path, O_RDONLY));
        directories.insert(Parent(path));
    }
    for (std::string directory : directories) {
        TARN_CHECK(SyncPath(directory, O_RDONLY | O_DIRECTORY));
        // Their writer may have made the directories too.
        while (directory != "/" && directory != settled) {
            directory = Parent(directory);
            above.insert(directory);
        }
    }
    // Far up they need not be ours to open.
    for (const std::string &directory : above) (void)SyncPath(directory, O_RDONLY | O_DIRECTORY);
    return {};
}

}  // namespace tarn::storage

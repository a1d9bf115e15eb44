#include "engine/internal/object_file_system.h"

#include <fnmatch.h>

#include <algorithm>

#include "engine/internal/duck_error.h"
#include "storage/object_reader.h"
#include "storage/path.h"

#include "duckdb/common/multi_file/multi_file_list.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;

template <class T>
T OrThrow(Result<T> result) {
    if (!result) ThrowThroughDuckDB(result.error());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

storage::ObjectStore &StoreOf(const std::string &path) { return *OrThrow(storage::StoreFor(path)); }

class ReadHandle final : public FileHandle {
public:
    ReadHandle(FileSystem &system, const std::string &path, FileOpenFlags flags, const storage::ObjectInfo &info)
        : FileHandle(system, path, flags), reader(StoreOf(path), path, static_cast<uint64_t>(info.size)), modified_ms(info.modified_ms) {}
    void Close() override {}

    storage::ObjectReader reader;
    int64_t modified_ms;
    idx_t position = 0;
};

class WriteHandle final : public FileHandle {
public:
    WriteHandle(FileSystem &system, const std::string &path, FileOpenFlags flags)
        : FileHandle(system, path, flags), writer(OrThrow(StoreOf(path).Create(path))) {}
    void Close() override {
        if (!writer) return;
        auto finishing = std::move(writer);
        OrThrow(finishing->Finish());
    }

    std::unique_ptr<storage::ObjectWriter> writer;
    idx_t written = 0;
};

class ObjectFileSystem final : public FileSystem {
public:
    bool CanHandleFile(const std::string &path) override { return path.starts_with("s3://"); }
    std::string GetName() const override { return "TarnObjectFileSystem"; }

    void Read(FileHandle &handle, void *buffer, int64_t size, idx_t location) override {
        OrThrow(handle.Cast<ReadHandle>().reader.Read(location, static_cast<char *>(buffer), static_cast<size_t>(size)));
    }
    int64_t Read(FileHandle &handle, void *buffer, int64_t size) override {
        auto &read = handle.Cast<ReadHandle>();
        idx_t left = read.reader.size() - std::min<idx_t>(read.position, read.reader.size());
        auto count = std::min<int64_t>(size, static_cast<int64_t>(left));
        Read(handle, buffer, count, read.position);
        read.position += static_cast<idx_t>(count);
        return count;
    }
    int64_t Write(FileHandle &handle, void *buffer, int64_t size) override {
        auto &write = handle.Cast<WriteHandle>();
        if (!write.writer) throw IOException("%s is closed already", handle.path);
        OrThrow(write.writer->Append({static_cast<const char *>(buffer), static_cast<size_t>(size)}));
        write.written += static_cast<idx_t>(size);
        return size;
    }
    void Write(FileHandle &handle, void *buffer, int64_t size, idx_t location) override {
        if (location != handle.Cast<WriteHandle>().written) throw NotImplementedException("%s can only be written from front to back", handle.path);
        Write(handle, buffer, size);
    }

    int64_t GetFileSize(FileHandle &handle) override {
        if (handle.flags.OpenForWriting()) return static_cast<int64_t>(handle.Cast<WriteHandle>().written);
        return static_cast<int64_t>(handle.Cast<ReadHandle>().reader.size());
    }
    timestamp_t GetLastModifiedTime(FileHandle &handle) override {
        if (handle.flags.OpenForWriting()) return timestamp_t(0);
        return timestamp_t(handle.Cast<ReadHandle>().modified_ms * 1000);
    }
    FileType GetFileType(FileHandle &) override { return FileType::FILE_TYPE_REGULAR; }
    void FileSync(FileHandle &) override {}
    void Seek(FileHandle &handle, idx_t location) override {
        if (!handle.flags.OpenForWriting()) handle.Cast<ReadHandle>().position = location;
        else if (location != handle.Cast<WriteHandle>().written) throw NotImplementedException("%s can only be written from front to back", handle.path);
    }
    idx_t SeekPosition(FileHandle &handle) override {
        return handle.flags.OpenForWriting() ? handle.Cast<WriteHandle>().written : handle.Cast<ReadHandle>().position;
    }
    bool CanSeek() override { return true; }
    bool OnDiskFile(FileHandle &) override { return false; }

    bool FileExists(const std::string &path, optional_ptr<FileOpener>) override {
        auto info = StoreOf(path).Head(path);
        if (!info && info.error().kind != ErrorKind::kNotFound) ThrowThroughDuckDB(info.error());
        return info.has_value();
    }
    bool IsPipe(const std::string &, optional_ptr<FileOpener>) override { return false; }
    void RemoveFile(const std::string &path, optional_ptr<FileOpener>) override { OrThrow(StoreOf(path).Delete(path)); }
    bool TryRemoveFile(const std::string &path, optional_ptr<FileOpener>) override {
        // Called while an exception is under way, so it must not throw; what stays is not part of any table.
        return StoreOf(path).Delete(path).has_value();
    }
    // Every name can hold objects.
    bool DirectoryExists(const std::string &, optional_ptr<FileOpener>) override { return true; }
    void CreateDirectory(const std::string &, optional_ptr<FileOpener>) override {}

protected:
    bool SupportsOpenFileExtended() const override { return true; }
    duckdb::unique_ptr<FileHandle> OpenFileExtended(const OpenFileInfo &file, FileOpenFlags flags, optional_ptr<FileOpener>) override {
        if (flags.OpenForWriting()) {
            if (flags.OpenForReading() || flags.OpenForAppending()) throw NotImplementedException("%s can only be written anew", file.path);
            return make_uniq<WriteHandle>(*this, file.path, flags);
        }
        storage::ObjectInfo info{file.path, -1, 0};
        if (file.extended_info) {
            auto &options = file.extended_info->options;
            if (auto it = options.find("file_size"); it != options.end()) info.size = it->second.GetValue<int64_t>();
        }
        if (info.size < 0) {
            auto head = StoreOf(file.path).Head(file.path);
            if (!head && head.error().kind == ErrorKind::kNotFound && flags.ReturnNullIfNotExists()) return nullptr;
            info = OrThrow(std::move(head));
        }
        return make_uniq<ReadHandle>(*this, file.path, flags, info);
    }

    bool SupportsGlobExtended() const override { return true; }
    duckdb::unique_ptr<MultiFileList> GlobFilesExtended(const std::string &path, const FileGlobInput &, optional_ptr<FileOpener>) override {
        duckdb::vector<OpenFileInfo> files;
        if (!HasGlob(path)) {
            files.emplace_back(path);
        } else {
            for (auto &object : OrThrow(GlobObjects(path))) files.push_back(OpenFileInfo(object.path));
        }
        return make_uniq<SimpleMultiFileList>(std::move(files));
    }
};

bool Matches(const std::vector<std::string> &pattern, size_t p, const std::vector<std::string> &name, size_t n) {
    if (p == pattern.size()) return n == name.size();
    if (pattern[p] == "**") {
        for (size_t skip = n; skip <= name.size(); skip++) {
            if (Matches(pattern, p + 1, name, skip)) return true;
        }
        return false;
    }
    return n < name.size() && fnmatch(pattern[p].c_str(), name[n].c_str(), FNM_PERIOD) == 0 && Matches(pattern, p + 1, name, n + 1);
}

}  // namespace

void RegisterObjectFileSystem(duckdb::DatabaseInstance &db) {
    db.GetFileSystem().RegisterSubSystem(duckdb::make_uniq<ObjectFileSystem>());
}

duckdb::OpenFileInfo KnownFile(const std::string &path, int64_t size) {
    duckdb::OpenFileInfo file(path);
    file.extended_info = duckdb::make_shared_ptr<duckdb::ExtendedOpenFileInfo>();
    auto &options = file.extended_info->options;
    options["file_size"] = duckdb::Value::BIGINT(size);
    options["etag"] = duckdb::Value("");
    options["last_modified"] = duckdb::Value::TIMESTAMP(duckdb::timestamp_t(0));
    options["validate_external_file_cache"] = duckdb::Value::BOOLEAN(false);
    return file;
}

Result<std::vector<storage::ObjectInfo>> GlobObjects(const std::string &pattern) {
    size_t wildcard = pattern.find_first_of("*?[");
    size_t slash = pattern.rfind('/', wildcard);
    if (wildcard == std::string::npos || slash < std::string_view("s3://x").size()) {
        return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "The pattern " + pattern + " must name a bucket and have a wildcard behind it.");
    }
    std::string folder = pattern.substr(0, slash);
    std::vector<std::string> parts = storage::SplitPath(std::string_view(pattern).substr(slash + 1));
    storage::ListOptions options;
    options.prefix = pattern.substr(slash + 1, wildcard - slash - 1);
    options.recursive = parts.size() > 1;
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(folder));
    TARN_TRY(auto objects, store->List(folder, options));
    std::erase_if(objects, [&](const storage::ObjectInfo &object) {
        return !Matches(parts, 0, storage::SplitPath(std::string_view(object.path).substr(slash + 1)), 0);
    });
    return objects;
}

}  // namespace tarn::engine

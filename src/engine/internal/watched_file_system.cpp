#include "engine/internal/watched_file_system.h"

#include "storage/faults.h"

#include "duckdb/common/local_file_system.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;
using storage::FaultKind;

// Reads count once, when their file is opened: what they find does not change what is on the disk.
class WatchedFileSystem final : public LocalFileSystem {
public:
    explicit WatchedFileSystem(storage::DiskFaults &faults) : faults_(faults) {}

    bool CanHandleFile(const string &path) override { return faults_.Covers(path); }
    string GetName() const override { return "TarnWatchedFileSystem"; }

    unique_ptr<FileHandle> OpenFile(const string &path, FileOpenFlags flags, optional_ptr<FileOpener> opener) override {
        Ask(flags.OpenForWriting() ? "Open" : "OpenToRead", path);
        return LocalFileSystem::OpenFile(path, flags, opener);
    }
    int64_t Write(FileHandle &handle, void *buffer, int64_t size) override {
        FaultKind fault = faults_.Next("Write", handle.path);
        if (fault == FaultKind::kTear || fault == FaultKind::kDieTorn) LocalFileSystem::Write(handle, buffer, size / 2);
        if (fault == FaultKind::kDieTorn) storage::DieNow();
        Check(fault, handle.path);
        return LocalFileSystem::Write(handle, buffer, size);
    }
    void Write(FileHandle &handle, void *buffer, int64_t size, idx_t location) override {
        FaultKind fault = faults_.Next("Write", handle.path);
        if (fault == FaultKind::kTear || fault == FaultKind::kDieTorn) LocalFileSystem::Write(handle, buffer, size / 2, location);
        if (fault == FaultKind::kDieTorn) storage::DieNow();
        Check(fault, handle.path);
        LocalFileSystem::Write(handle, buffer, size, location);
    }
    void FileSync(FileHandle &handle) override {
        Ask("Sync", handle.path);
        LocalFileSystem::FileSync(handle);
    }
    void RemoveFile(const string &path, optional_ptr<FileOpener> opener) override {
        Ask("Remove", path);
        LocalFileSystem::RemoveFile(path, opener);
    }
    void CreateDirectory(const string &path, optional_ptr<FileOpener> opener) override {
        Ask("CreateDirectory", path);
        LocalFileSystem::CreateDirectory(path, opener);
    }
    void MoveFile(const string &source, const string &target, optional_ptr<FileOpener> opener) override {
        Ask("Move", source);
        LocalFileSystem::MoveFile(source, target, opener);
    }

private:
    void Ask(const char *operation, const string &path) { Check(faults_.Next(operation, path), path); }
    static void Check(FaultKind fault, const string &path) {
        if (fault != FaultKind::kNone) throw IOException("Injected fault at %s", path);
    }

    storage::DiskFaults &faults_;
};

}  // namespace

void RegisterWatchedFileSystem(DatabaseInstance &db) {
    auto *faults = storage::DiskFaults::Installed();
    if (faults) db.GetFileSystem().RegisterSubSystem(make_uniq<WatchedFileSystem>(*faults));
}

}  // namespace tarn::engine

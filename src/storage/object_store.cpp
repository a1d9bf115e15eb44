#include "storage/object_store.h"

#include <cstdlib>
#include <cstring>

#include "storage/faults.h"
#include "storage/local_store.h"
#include "storage/memory_store.h"
#include "storage/s3_store.h"

namespace tarn::storage {
namespace {

class CollectingWriter final : public ObjectWriter {
public:
    CollectingWriter(ObjectStore &store, std::string path) : store_(store), path_(std::move(path)) {}
    Result<void> Append(std::string_view bytes) override {
        bytes_ += bytes;
        return {};
    }
    Result<void> Finish() override { return store_.Put(path_, bytes_); }

private:
    ObjectStore &store_;
    std::string path_;
    std::string bytes_;
};

}  // namespace

Result<void> ObjectStore::ReadInto(const std::string &path, uint64_t offset, char *buffer, size_t length) {
    TARN_TRY(std::string bytes, ReadRange(path, offset, length));
    std::memcpy(buffer, bytes.data(), length);
    return {};
}

std::vector<Result<std::string>> ObjectStore::ReadMany(const std::vector<std::string> &paths) {
    std::vector<Result<std::string>> all;
    all.reserve(paths.size());
    for (const std::string &path : paths) all.push_back(Read(path));
    return all;
}

Result<void> ObjectStore::DeleteMany(const std::vector<std::string> &paths) {
    Result<void> first;
    for (const std::string &path : paths) {
        Result<void> deleted = Delete(path);
        if (!deleted && first) first = std::move(deleted);
    }
    return first;
}

Result<void> ObjectStore::DeleteAll(const std::string &directory) {
    TARN_TRY(auto objects, List(directory, {.recursive = true}));
    std::vector<std::string> paths;
    for (const ObjectInfo &object : objects) paths.push_back(object.path);
    return DeleteMany(paths);
}

Result<std::unique_ptr<ObjectWriter>> ObjectStore::Create(const std::string &path) {
    return std::make_unique<CollectingWriter>(*this, path);
}

namespace {

// TARN_FSYNC=off is for tests, benchmarks and tables that can be made anew: a power cut may then lose the newest commits.
Durability LocalDurability() {
    const char *fsync = std::getenv("TARN_FSYNC");
    return fsync && std::string_view(fsync) == "off" ? Durability::kProcessCrash : Durability::kPowerLoss;
}

}  // namespace

Result<ObjectStore *> StoreFor(std::string_view path) {
    static LocalStore local(LocalDurability());
    if (IsLocalPath(path) && DiskFaults::Installed()) {
        static FaultyStore faulty(local, [](const CallInfo &call) { return DiskFaults::Installed()->Next(call.operation, call.path); });
        return &faulty;
    }
    if (IsLocalPath(path)) return &local;
    if (IsS3Path(path)) return S3StoreForProcess();
    return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                "There is no object store for " + std::string(path) + "; this build reads and writes local paths and s3://.");
}

}  // namespace tarn::storage

// storage/local_store.h: an ObjectStore over the local file system.
//
// A write goes to a temporary file beside the target (".tarn-tmp-…", never listed), then takes its name in one step:
// rename() for Put, link() for PutIfAbsent, so that a crash leaves the old object, the new one, or none.
// Missing directories are created. Deleting an object leaves its directory.
// Threads: safe from any thread and from several processes on one machine.
#pragma once

#include "storage/object_store.h"

namespace tarn::storage {

enum class Durability : uint8_t {
    kProcessCrash,  // Survives the death of the process, not of the machine. No fsync.
    kPowerLoss,     // fsync of the file and of its directory before a write is acknowledged.
};

class LocalStore final : public ObjectStore {
public:
    explicit LocalStore(Durability durability = Durability::kPowerLoss) : durability_(durability) {}

    Result<std::string> Read(const std::string &path) override;
    Result<std::string> ReadRange(const std::string &path, uint64_t offset, uint64_t length) override;
    Result<void> Put(const std::string &path, std::string_view bytes) override;
    Result<PutOutcome> PutIfAbsent(const std::string &path, std::string_view bytes) override;
    using ObjectStore::List;
    Result<std::vector<ObjectInfo>> List(const std::string &directory, const ListOptions &options) override;
    Result<ObjectInfo> Head(const std::string &path) override;
    Result<void> Delete(const std::string &path) override;
    // With its directories.
    Result<void> DeleteAll(const std::string &directory) override;
    Result<void> MakeDurable(const std::vector<std::string> &paths, const std::string &settled) override;

private:
    Durability durability_;
};

}  // namespace tarn::storage

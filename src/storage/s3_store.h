// storage/s3_store.h: an ObjectStore over S3 and whatever speaks its protocol.
//
// PutIfAbsent is `If-None-Match: *`. A server that ignores the header would lose commits, so the first PutIfAbsent in a
// bucket of another server than AWS tries it out on an object of its own, and refuses where it does not hold.
// Times have whole seconds: what HEAD tells has no more.
// A large object is uploaded in parts, side by side; until the last step nothing of it is visible. A process that dies
// leaves the parts, which a life-cycle rule of the bucket should clear away.
// Threads: any. Connections are shared by all.
#pragma once

#include <mutex>
#include <set>

#include "storage/object_store.h"
#include "storage/s3_settings.h"

namespace tarn::storage {

class S3Client;

inline bool IsS3Path(std::string_view path) { return path.starts_with("s3://"); }

class S3Store final : public ObjectStore {
public:
    // `trusted`: the server is known to keep to conditional puts.
    S3Store(std::unique_ptr<S3Client> client, bool trusted);
    ~S3Store() override;

    Result<std::string> Read(const std::string &path) override;
    Result<std::string> ReadRange(const std::string &path, uint64_t offset, uint64_t length) override;
    // Long ranges are fetched in pieces side by side.
    Result<void> ReadInto(const std::string &path, uint64_t offset, char *buffer, size_t length) override;
    std::vector<Result<std::string>> ReadMany(const std::vector<std::string> &paths) override;
    Result<void> Put(const std::string &path, std::string_view bytes) override;
    Result<PutOutcome> PutIfAbsent(const std::string &path, std::string_view bytes) override;
    using ObjectStore::List;
    Result<std::vector<ObjectInfo>> List(const std::string &directory, const ListOptions &options) override;
    Result<ObjectInfo> Head(const std::string &path) override;
    Result<void> Delete(const std::string &path) override;
    Result<void> DeleteMany(const std::vector<std::string> &paths) override;
    Result<std::unique_ptr<ObjectWriter>> Create(const std::string &path) override;
    // An object is durable once it is there.
    Result<void> MakeDurable(const std::vector<std::string> &paths, const std::string &settled) override;

private:
    Result<void> ReadPiece(const std::string &path, uint64_t offset, char *buffer, size_t length);
    Result<PutOutcome> PutNew(const std::string &path, std::string_view bytes);
    Result<void> CheckConditionalPut(const std::string &path);
    Result<void> DeleteBatch(const std::string &bucket, const std::vector<std::string> &keys);
    Result<void> DeleteEach(const std::vector<std::string> &paths);

    std::unique_ptr<S3Client> client_;
    bool trusted_;
    std::mutex mutex_;
    std::set<std::string> finished_;  // Written through Create, not yet asked about by MakeDurable.
    std::set<std::string> checked_;   // Buckets whose conditional puts hold.
};

// The process's own, made of its environment and ConfigureS3. Errors: those of the configuration.
Result<ObjectStore *> S3StoreForProcess();

}  // namespace tarn::storage

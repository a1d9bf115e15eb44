// storage/memory_store.h: stores for tests: one in memory, and one that fails on purpose.
//
// Both are deterministic: the clock is a counter and the dice are seeded, so one seed replays one history.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <random>

#include "storage/faults.h"
#include "storage/object_store.h"

namespace tarn::storage {

// Threads: safe; one mutex around everything.
class MemoryStore final : public ObjectStore {
public:
    Result<std::string> Read(const std::string &path) override;
    Result<std::string> ReadRange(const std::string &path, uint64_t offset, uint64_t length) override;
    Result<void> Put(const std::string &path, std::string_view bytes) override;
    Result<PutOutcome> PutIfAbsent(const std::string &path, std::string_view bytes) override;
    using ObjectStore::List;
    Result<std::vector<ObjectInfo>> List(const std::string &directory, const ListOptions &options) override;
    Result<ObjectInfo> Head(const std::string &path) override;
    Result<void> Delete(const std::string &path) override;
    Result<void> MakeDurable(const std::vector<std::string> &paths, const std::string &settled) override;

    // Sets an object's time; tests of time travel need it. Does nothing for an unknown path.
    void SetModified(const std::string &path, int64_t modified_ms);

private:
    struct Object {
        std::string bytes;
        int64_t modified_ms = 0;
    };
    std::mutex mutex_;
    std::map<std::string, Object> objects_;
    int64_t clock_ms_ = 1'700'000'000'000;
};

// Passes calls on to `inner` (borrowed, must outlive this), except where the plan says to fail.
// Threads: safe if `inner` is; the plan is called under a mutex.
class FaultyStore final : public ObjectStore {
public:
    using Plan = FaultPlan;
    FaultyStore(ObjectStore &inner, Plan plan) : inner_(inner), plan_(std::move(plan)) {}

    // Every call fails with probability `rate`, in a way the dice choose.
    static Plan RandomFaults(uint64_t seed, double rate);
    // Only call number `n` fails.
    static Plan FaultAt(int64_t n, FaultKind kind);

    Result<std::string> Read(const std::string &path) override;
    Result<std::string> ReadRange(const std::string &path, uint64_t offset, uint64_t length) override;
    Result<void> Put(const std::string &path, std::string_view bytes) override;
    Result<PutOutcome> PutIfAbsent(const std::string &path, std::string_view bytes) override;
    using ObjectStore::List;
    Result<std::vector<ObjectInfo>> List(const std::string &directory, const ListOptions &options) override;
    Result<ObjectInfo> Head(const std::string &path) override;
    Result<void> Delete(const std::string &path) override;
    Result<void> MakeDurable(const std::vector<std::string> &paths, const std::string &settled) override;

    int64_t calls() const { return calls_; }

private:
    FaultKind NextFault(std::string_view operation, std::string_view path);
    void Tear(FaultKind fault, const std::string &path, std::string_view bytes);

    ObjectStore &inner_;
    Plan plan_;
    std::mutex mutex_;
    int64_t calls_ = 0;
};

}  // namespace tarn::storage

// engine/internal/checkpoint_queue.h: checkpoints, checksums and log clean-up, off the commits' path.
//
// One thread for all tables, started when the first checkpoint is due. It writes the newest version of each table asked
// for, so commits that come faster than checkpoints share one. A failure is a warning: the commits stand.
// A large table's checkpoint takes as long as many commits, so the next one waits until the table has spent four times
// as long without, a hundred commits have gathered, or the process ends. Checksums rest longer still.
// Threads: any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "delta/checkpoint.h"
#include "delta/snapshot.h"

namespace tarn::engine {

class CheckpointQueue {
public:
    using Load = std::function<Result<delta::SnapshotPtr>(const std::string &location)>;
    // `io` is borrowed; `load` gives the newest snapshot, from the queue's thread.
    CheckpointQueue(delta::CheckpointIo &io, Load load) : io_(io), load_(std::move(load)) {}
    ~CheckpointQueue();  // Finishes first.

    // After a commit: the checksum of the newest version, soon. Commits that come fast share one.
    void RequestChecksum(const std::string &location);
    // A checkpoint of the table, or of a newer version, soon.
    void Request(const std::string &location, int64_t version);
    // Writes what was postponed; blocks until nothing is asked for or being written. Every process that commits ends with this.
    void Finish();
    // The same for one table, whose requests are dropped: its folder may be removed afterwards.
    void Drop(const std::string &location);

private:
    using Clock = std::chrono::steady_clock;
    struct Past {
        int64_t version = -1;
        Clock::duration took{};
        Clock::time_point ended{};
        Clock::time_point cleaned_up{};
    };

    void Wake();  // The lock is held.
    void Work();
    void Write(const std::string &location);
    void WriteSum(const std::string &location);

    delta::CheckpointIo &io_;
    Load load_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, int64_t> wanted_;     // Version by location.
    std::map<std::string, int64_t> postponed_;  // The same, until their tables have rested.
    std::map<std::string, Past> past_;
    std::set<std::string> sums_;                // Tables whose checksums are asked for.
    Clock::time_point sums_rest_{};             // Until then, unless somebody waits for the end.
    int finishing_ = 0;
    std::string current_;                    // Being written; "" when idle.
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace tarn::engine

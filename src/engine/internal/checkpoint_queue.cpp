#include "engine/internal/checkpoint_queue.h"

#include <cstdio>

#include "delta/checksum.h"
#include "delta/transaction.h"
#include "storage/object_store.h"

namespace tarn::engine {
namespace {

constexpr int kRestFactor = 4;
constexpr int kSumRestFactor = 20;  // Nobody needs checksums: they may take a twentieth of a core while commits come fast.
constexpr int64_t kMostCommits = 100;
constexpr std::chrono::hours kCleanUpEvery{1};
constexpr int64_t kDayMs = 24LL * 3600 * 1000;

// Most tables are younger than their log's retention, and need no listing to know that nothing is old enough.
bool MayHaveExpired(const delta::Metadata &metadata) {
    int64_t retention = metadata.IntervalProperty("delta.logRetentionDuration", 30 * kDayMs);
    return metadata.created_time.value_or(0) < delta::NowMs() - retention;
}

}  // namespace

CheckpointQueue::~CheckpointQueue() {
    Finish();
    {
        std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void CheckpointQueue::Request(const std::string &location, int64_t version) {
    std::lock_guard lock(mutex_);
    if (auto past = past_.find(location); past != past_.end()) {
        bool rested = Clock::now() - past->second.ended >= kRestFactor * past->second.took;
        if (!rested && version - past->second.version < kMostCommits) {
            postponed_[location] = version;
            return;
        }
    }
    postponed_.erase(location);
    wanted_[location] = version;
    Wake();
}

void CheckpointQueue::RequestChecksum(const std::string &location) {
    std::lock_guard lock(mutex_);
    sums_.insert(location);
    Wake();
}

void CheckpointQueue::Wake() {
    if (!thread_.joinable()) thread_ = std::thread([this] { Work(); });
    changed_.notify_all();
}

void CheckpointQueue::Finish() {
    std::unique_lock lock(mutex_);
    wanted_.merge(postponed_);
    postponed_.clear();
    finishing_++;
    if (!wanted_.empty() || !sums_.empty()) Wake();
    changed_.wait(lock, [&] { return wanted_.empty() && sums_.empty() && current_.empty(); });
    finishing_--;
}

void CheckpointQueue::Drop(const std::string &location) {
    std::unique_lock lock(mutex_);
    wanted_.erase(location);
    postponed_.erase(location);
    past_.erase(location);
    sums_.erase(location);
    changed_.wait(lock, [&] { return current_ != location; });
}

void CheckpointQueue::Work() {
    std::unique_lock lock(mutex_);
    while (true) {
        auto rested = [&] { return stop_ || finishing_ > 0 || Clock::now() >= sums_rest_; };
        changed_.wait(lock, [&] { return stop_ || !wanted_.empty() || !sums_.empty(); });
        if (wanted_.empty() && !sums_.empty() && !rested()) {
            changed_.wait_until(lock, sums_rest_, [&] { return !wanted_.empty() || rested(); });
        }
        bool sum = wanted_.empty() && !sums_.empty() && rested();
        if (wanted_.empty() && sums_.empty() && stop_) return;
        if (wanted_.empty() && !sum) continue;  // Not yet, or dropped meanwhile.
        current_ = sum ? *sums_.begin() : wanted_.begin()->first;
        if (sum) sums_.erase(sums_.begin());
        else wanted_.erase(wanted_.begin());
        lock.unlock();
        if (sum) WriteSum(current_);
        else Write(current_);
        lock.lock();
        current_.clear();
        changed_.notify_all();
    }
}

void CheckpointQueue::WriteSum(const std::string &location) {
    auto begin = Clock::now();
    auto snapshot = load_(location);
    auto store = storage::StoreFor(location);
    // A table that is gone, or a failure, of which nothing depends.
    if (snapshot && store) (void)delta::WriteChecksum(**store, **snapshot);
    auto end = Clock::now();
    std::lock_guard lock(mutex_);
    sums_rest_ = end + kSumRestFactor * (end - begin);
}

void CheckpointQueue::Write(const std::string &location) {
    auto begin = Clock::now();
    auto snapshot = load_(location);
    auto store = storage::StoreFor(location);
    if (!snapshot || !store) return;  // Dropped meanwhile, or the next statement will say what is wrong.
    auto warn = [&](const char *what, const Error &error) {
        std::fprintf(stderr, "warning: %s %s: %s\n", what, location.c_str(), error.ToString().c_str());
    };
    auto written = delta::WriteCheckpoint(**store, **snapshot, io_, delta::NowMs());
    // The commit stands; readers replay a few more commits until a later checkpoint succeeds.
    if (!written) return warn("no checkpoint for", written.error());
    bool clean_up = MayHaveExpired((*snapshot)->metadata);
    {
        std::lock_guard lock(mutex_);
        Past &past = past_[location];
        past.version = (*snapshot)->version;
        past.ended = Clock::now();
        past.took = past.ended - begin;
        clean_up = clean_up && (past.cleaned_up == Clock::time_point{} || past.ended - past.cleaned_up > kCleanUpEvery);
        if (clean_up) past.cleaned_up = past.ended;
    }
    if (!clean_up) return;
    auto cleaned = delta::CleanUpLog(**store, **snapshot, io_, delta::NowMs());
    if (!cleaned) warn("the log was not cleaned up for", cleaned.error());
}

}  // namespace tarn::engine

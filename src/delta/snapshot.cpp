#include "delta/snapshot.h"

#include <algorithm>
#include <unordered_map>

#include "delta/stats.h"
#include "storage/path.h"

namespace tarn::delta {
namespace {

// The last word on one file: whatever the older state says about its key no longer counts.
struct FileFate {
    FilePtr added;           // Exactly one of the two is set.
    TombstonePtr removed;
    int64_t order = 0;       // Files keep the order in which they were added.
};

// Builds a Snapshot from an older state (a checkpoint or another Snapshot) and the commits after it.
// The commits are read first, into a map of fates; the older state then streams past that map, so that its files,
// which may be many, are never put into a table themselves.
class Replay {
public:
    explicit Replay(std::string table_root) : snapshot_(std::make_shared<Snapshot>()) {
        snapshot_->table_root = std::move(table_root);
    }

    Result<void> Commits(const Log &log, const std::vector<CommitFile> &commits) {
        for (const CommitFile &commit : commits) {
            TARN_TRY(std::string text, log.store().Read(commit.path));
            newest_time_.reset();
            TARN_CHECK(ParseActions(text, commit.path, [&](Action &&action) -> Result<void> {
                std::visit([&](auto &&value) { Newer(std::move(value)); }, std::move(action));
                return {};
            }));
        }
        return {};
    }

    Result<void> FromCheckpoint(const Log &log, const Checkpoint &checkpoint, CheckpointIo *io) {
        return ReadCheckpoint(log, checkpoint, io, [&](Action &&action) -> Result<void> {
            std::visit([&](auto &&value) { Older(std::move(value)); }, std::move(action));
            return {};
        });
    }

    void FromSnapshot(const Snapshot &base) {
        snapshot_->files.reserve(base.files.size());
        for (const FilePtr &file : base.files) KeepFile(file);
        for (const TombstonePtr &tombstone : base.tombstones) KeepTombstone(tombstone);
        Older(Protocol(base.protocol));
        if (!metadata_) metadata_ = base.metadata;
        for (const auto &[app, transaction] : base.transactions) Older(SetTransaction(transaction));
        for (const auto &[name, domain] : base.domains) Older(DomainMetadata(domain));
        snapshot_->checkpoint_version = base.checkpoint_version;
        snapshot_->commits_replayed = base.commits_replayed;
    }

    Result<std::shared_ptr<Snapshot>> Finish() && {
        Snapshot &out = *snapshot_;
        if (!protocol_ || !metadata_) {
            return Fail(ErrorKind::kCorrupt, "DELTA_STATE_RECOVER_ERROR",
                        std::string("The ") + (protocol_ ? "metadata" : "protocol") + " of the Delta table " +
                            out.table_root + " could not be recovered from its log.");
        }
        std::vector<FileFate> fates;
        fates.reserve(fates_.size());
        for (auto &[key, fate] : fates_) fates.push_back(std::move(fate));
        std::ranges::sort(fates, {}, &FileFate::order);
        for (FileFate &fate : fates) {
            if (fate.added) out.files.push_back(std::move(fate.added));
            if (fate.removed) out.tombstones.push_back(std::move(fate.removed));
        }
        out.protocol = *std::move(protocol_);
        out.metadata = *std::move(metadata_);
        out.transactions = std::move(transactions_);
        for (auto &[name, domain] : domains_) {
            if (!domain.removed) out.domains.emplace(name, std::move(domain));
        }
        return std::move(snapshot_);
    }

    // The in-commit timestamp of the newest commit that was read.
    std::optional<int64_t> newest_time() const { return newest_time_; }

private:
    void Newer(AddFile &&file) {
        std::string key = FileKey(snapshot_->table_root, file.path, file.deletion_vector);
        fates_[std::move(key)] = {std::make_shared<const AddFile>(std::move(file)), nullptr, order_++};
    }
    void Newer(RemoveFile &&file) {
        std::string key = FileKey(snapshot_->table_root, file.path, file.deletion_vector);
        fates_[std::move(key)] = {nullptr, std::make_shared<const RemoveFile>(std::move(file)), order_++};
    }
    void Newer(Protocol &&protocol) { protocol_ = std::move(protocol); }
    void Newer(Metadata &&metadata) { metadata_ = std::move(metadata); }
    void Newer(SetTransaction &&transaction) { transactions_[transaction.app_id] = std::move(transaction); }
    void Newer(DomainMetadata &&domain) { domains_[domain.domain] = std::move(domain); }
    void Newer(CommitInfo &&info) {
        if (info.in_commit_timestamp) newest_time_ = info.in_commit_timestamp;
    }
    template <class Other>
    void Newer(Other &&) {}

    void Older(AddFile &&file) { KeepFile(std::make_shared<const AddFile>(std::move(file))); }
    void Older(RemoveFile &&file) { KeepTombstone(std::make_shared<const RemoveFile>(std::move(file))); }
    void Older(Protocol &&protocol) {
        if (!protocol_) protocol_ = std::move(protocol);
    }
    void Older(Metadata &&metadata) {
        if (!metadata_) metadata_ = std::move(metadata);
    }
    void Older(SetTransaction &&transaction) {
        std::string app = transaction.app_id;
        transactions_.try_emplace(std::move(app), std::move(transaction));
    }
    void Older(DomainMetadata &&domain) {
        std::string name = domain.domain;
        domains_.try_emplace(std::move(name), std::move(domain));
    }
    template <class Other>
    void Older(Other &&) {}

    template <class File>
    bool Decided(const File &file) const {
        if (fates_.empty()) return false;
        return fates_.contains(FileKey(snapshot_->table_root, file.path, file.deletion_vector));
    }
    void KeepFile(FilePtr file) {
        if (!Decided(*file)) snapshot_->files.push_back(std::move(file));
    }
    void KeepTombstone(TombstonePtr file) {
        if (!Decided(*file)) snapshot_->tombstones.push_back(std::move(file));
    }

    std::shared_ptr<Snapshot> snapshot_;
    std::unordered_map<std::string, FileFate> fates_;
    int64_t order_ = 0;
    std::optional<Protocol> protocol_;
    std::optional<Metadata> metadata_;
    std::map<std::string, SetTransaction> transactions_;
    std::map<std::string, DomainMetadata> domains_;
    std::optional<int64_t> newest_time_;
};

// The in-commit timestamp of a version whose commit was not part of the replay.
std::optional<int64_t> ReadCommitTime(const Log &log, int64_t version) {
    std::optional<int64_t> time;
    Result<std::string> text = log.ReadCommit(version);
    if (!text) return time;
    (void)ParseActions(*text, "", [&](Action &&action) -> Result<void> {
        if (auto *info = std::get_if<CommitInfo>(&action)) time = info->in_commit_timestamp;
        return {};
    });
    return time;
}

Result<std::shared_ptr<Snapshot>> Complete(const Log &log, Replay replay, int64_t version, int64_t modified_ms) {
    std::optional<int64_t> commit_time = replay.newest_time();
    TARN_TRY(std::shared_ptr<Snapshot> snapshot, std::move(replay).Finish());
    snapshot->version = version;
    snapshot->commit_modified_ms = modified_ms;
    snapshot->timestamp_ms = modified_ms;
    if (snapshot->metadata.BoolProperty("delta.enableInCommitTimestamps", false)) {
        if (!commit_time) commit_time = ReadCommitTime(log, version);
        snapshot->timestamp_ms = commit_time.value_or(modified_ms);
    }
    return snapshot;
}

// nullopt: `base` is of no use (its table was replaced, its commit is gone), so read everything.
Result<std::optional<SnapshotPtr>> LoadFromBase(const Log &log, const LoadOptions &options) {
    const SnapshotPtr &base = options.base;
    if (options.version && *options.version < base->version) return std::nullopt;
    // From the base's own commit on: if that one is still the same, so is everything before it.
    Result<std::vector<CommitFile>> listed = log.ListCommitsAfter(base->version - 1);
    if (!listed || listed->empty()) return std::nullopt;
    if (listed->front().version != base->version || listed->front().modified_ms != base->commit_modified_ms) {
        return std::nullopt;
    }
    std::vector<CommitFile> commits(listed->begin() + 1, listed->end());
    if (options.version) {
        int64_t wanted = *options.version - base->version;
        if (wanted > static_cast<int64_t>(commits.size())) return std::nullopt;
        commits.resize(static_cast<size_t>(wanted));
    }
    if (commits.empty()) return base;
    Replay replay(base->table_root);
    TARN_CHECK(replay.Commits(log, commits));
    replay.FromSnapshot(*base);
    const CommitFile &newest = commits.back();
    TARN_TRY(auto snapshot, Complete(log, std::move(replay), newest.version, newest.modified_ms));
    snapshot->commits_replayed += static_cast<int64_t>(commits.size());
    return SnapshotPtr(std::move(snapshot));
}

}  // namespace

Result<SnapshotPtr> LoadSnapshot(storage::ObjectStore &store, const std::string &table_root,
                                 const LoadOptions &options) {
    Log log(store, table_root);
    if (options.base) {
        TARN_TRY(std::optional<SnapshotPtr> snapshot, LoadFromBase(log, options));
        if (snapshot) return *std::move(snapshot);
    }
    TARN_TRY(LogSegment segment, log.ListSegment(options.version));
    std::optional<Error> first_error;
    while (true) {
        Replay replay(table_root);
        TARN_CHECK(replay.Commits(log, segment.commits));
        Result<void> read;
        if (segment.checkpoint) read = replay.FromCheckpoint(log, *segment.checkpoint, options.io);
        if (read) {
            int64_t modified = segment.commits.empty() ? segment.checkpoint_modified_ms
                                                       : segment.commits.back().modified_ms;
            if (segment.commits.empty()) {
                // The commit's own time counts, if the commit is still there.
                Result<storage::ObjectInfo> commit = store.Head(log.CommitPath(segment.version));
                if (commit) modified = commit->modified_ms;
            }
            TARN_TRY(auto snapshot, Complete(log, std::move(replay), segment.version, modified));
            if (segment.checkpoint) snapshot->checkpoint_version = segment.checkpoint->version;
            snapshot->commits_replayed = static_cast<int64_t>(segment.commits.size());
            return SnapshotPtr(std::move(snapshot));
        }
        // An older checkpoint, or the commits from the start, may still tell the whole story.
        if (!first_error) first_error = read.error();
        Result<LogSegment> older = log.ListSegment(segment.version, segment.checkpoint->version - 1);
        if (!older) return Fail(*std::move(first_error));
        segment = *std::move(older);
    }
}

std::optional<int64_t> Snapshot::TransactionVersion(const std::string &app_id) const {
    auto it = transactions.find(app_id);
    if (it == transactions.end()) return std::nullopt;
    return it->second.version;
}

int64_t Snapshot::TotalSize() const {
    int64_t total = 0;
    for (const FilePtr &file : files) total += file->size;
    return total;
}

std::optional<int64_t> Snapshot::TotalRows() const {
    int64_t total = 0;
    for (const FilePtr &file : files) {
        std::optional<int64_t> rows = FileStats(file->stats).NumRecords();
        if (!rows) return std::nullopt;
        total += *rows - (file->deletion_vector ? file->deletion_vector->cardinality : 0);
    }
    return total;
}

}  // namespace tarn::delta

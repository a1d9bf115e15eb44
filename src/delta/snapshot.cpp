#include "delta/snapshot.h"

#include <algorithm>
#include <bit>
#include <span>
#include <unordered_map>

#include "delta/checksum.h"
#include "delta/coordinator.h"
#include "delta/history.h"
#include "delta/stats.h"
#include "delta/transaction.h"
#include "storage/path.h"

namespace tarn::delta {
namespace {

// The last word on one file: whatever the older state says about its key no longer counts.
struct FileFate {
    std::optional<AddFile> added;  // Exactly one of the two is set.
    std::optional<RemoveFile> removed;
    int64_t order = 0;             // Files keep the order in which they were added.
};

// Which rows of older chunks the newer commits have decided about. Nearly all files are told apart by a bit of their
// key's hash; a key is built only for those that look alike.
class DecidedKeys {
public:
    DecidedKeys(const std::unordered_map<std::string, FileFate> &fates, const std::string &table_root)
        : fates_(fates), table_root_(table_root) {
        size_t bits = std::bit_ceil(std::max<size_t>(fates.size() * 16, 64));
        mask_ = static_cast<uint32_t>(std::min<size_t>(bits, size_t{1} << 31) - 1);
        bits_.resize((size_t{mask_} + 1) / 64);
        for (const auto &[key, fate] : fates) {
            uint32_t hash = static_cast<uint32_t>(std::hash<std::string_view>()(key)) & mask_;
            bits_[hash / 64] |= uint64_t{1} << (hash % 64);
        }
    }

    // Appends what is left of `older` to `out`.
    void Keep(const FileRows &older, FileRows &out) const {
        for (const FileRows::Part &part : older.parts()) {
            if (fates_.empty()) {
                out.Append(part.chunk, part.kept);
                continue;
            }
            std::span<const uint32_t> hashes = part.chunk->key_hashes();
            std::vector<uint32_t> dead;  // Indexes within the part.
            for (size_t i = 0; i < part.size(); i++) {
                uint32_t hash = hashes[part.kept ? (*part.kept)[i] : i] & mask_;
                if (bits_[hash / 64] >> (hash % 64) & 1 && fates_.contains(part[i].Key(table_root_))) {
                    dead.push_back(static_cast<uint32_t>(i));
                }
            }
            out.Append(part.chunk, dead.empty() ? part.kept : Without(part, dead));
        }
    }

private:
    static std::shared_ptr<const std::vector<uint32_t>> Without(const FileRows::Part &part, const std::vector<uint32_t> &dead) {
        auto kept = std::make_shared<std::vector<uint32_t>>();
        kept->reserve(part.size() - dead.size());
        auto next = dead.begin();
        for (uint32_t i = 0; i < part.size(); i++) {
            if (next != dead.end() && *next == i) next++;
            else kept->push_back(part.kept ? (*part.kept)[i] : i);
        }
        return kept;
    }

    const std::unordered_map<std::string, FileFate> &fates_;
    const std::string &table_root_;
    uint32_t mask_ = 0;
    std::vector<uint64_t> bits_;
};

// Builds a Snapshot from an older state (a checkpoint or another Snapshot) and the commits after it.
// The commits are read first, into a map of fates; the chunks of the older state then pass by that map, so that its
// files, which may be many, are never put into a table themselves.
class Replay {
public:
    explicit Replay(std::string table_root) : snapshot_(std::make_shared<Snapshot>()) {
        snapshot_->table_root = std::move(table_root);
    }

    Result<void> Commits(const Log &log, const std::vector<CommitFile> &commits) {
        return ReadCommits(log, commits, [&](const CommitFile &commit, std::string_view text) { return Commit(text, commit.path); });
    }

    Result<void> Commit(std::string_view text, const std::string &origin) {
        newest_time_.reset();
        newest_txn_id_.clear();
        return ParseActions(text, origin, [&](Action &&action) -> Result<void> {
            std::visit([&](auto &&value) { Newer(std::move(value)); }, std::move(action));
            return {};
        });
    }

    Result<void> FromCheckpoint(const Log &log, const Checkpoint &checkpoint, CheckpointIo *io) {
        TARN_TRY(CheckpointContents contents, ReadCheckpoint(log, checkpoint, io));
        for (Action &action : contents.others) {
            std::visit([&](auto &&value) { Older(std::move(value)); }, std::move(action));
        }
        FilesBefore(contents.adds, contents.removes);
        return {};
    }

    void FromSnapshot(const Snapshot &base) {
        FilesBefore(base.files.rows(), base.tombstones.rows());
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
        AppendFates();
        out.files = FileList(std::move(files_));
        out.tombstones = TombstoneList(std::move(tombstones_));
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
    // Its txnId, "" without one.
    const std::string &newest_txn_id() const { return newest_txn_id_; }

private:
    void Newer(AddFile &&file) {
        std::string key = FileKey(snapshot_->table_root, file.path, file.deletion_vector);
        fates_[std::move(key)] = {std::move(file), std::nullopt, order_++};
    }
    void Newer(RemoveFile &&file) {
        std::string key = FileKey(snapshot_->table_root, file.path, file.deletion_vector);
        fates_[std::move(key)] = {std::nullopt, std::move(file), order_++};
    }
    void Newer(Protocol &&protocol) { protocol_ = std::move(protocol); }
    void Newer(Metadata &&metadata) { metadata_ = std::move(metadata); }
    void Newer(SetTransaction &&transaction) { transactions_[transaction.app_id] = std::move(transaction); }
    void Newer(DomainMetadata &&domain) { domains_[domain.domain] = std::move(domain); }
    void Newer(CommitInfo &&info) {
        if (info.in_commit_timestamp) newest_time_ = info.in_commit_timestamp;
        newest_txn_id_ = std::move(info.txn_id);
    }
    template <class Other>
    void Newer(Other &&) {}

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

    void FilesBefore(const FileRows &adds, const FileRows &removes) {
        DecidedKeys decided(fates_, snapshot_->table_root);
        decided.Keep(adds, files_);
        decided.Keep(removes, tombstones_);
    }

    void AppendFates() {
        std::vector<const FileFate *> fates;
        fates.reserve(fates_.size());
        for (const auto &[key, fate] : fates_) fates.push_back(&fate);
        std::ranges::sort(fates, {}, &FileFate::order);
        FileChunkBuilder adds(snapshot_->table_root), removes(snapshot_->table_root);
        for (const FileFate *fate : fates) {
            if (fate->added) adds.Append(*fate->added);
            if (fate->removed) removes.Append(*fate->removed);
            if (adds.full()) files_.Append(adds.Finish());
            if (removes.full()) tombstones_.Append(removes.Finish());
        }
        files_.Append(adds.Finish());
        tombstones_.Append(removes.Finish());
        files_.Tidy(snapshot_->table_root);
        tombstones_.Tidy(snapshot_->table_root);
    }

    FileRows files_, tombstones_;
    std::shared_ptr<Snapshot> snapshot_;
    std::unordered_map<std::string, FileFate> fates_;
    int64_t order_ = 0;
    std::optional<Protocol> protocol_;
    std::optional<Metadata> metadata_;
    std::map<std::string, SetTransaction> transactions_;
    std::map<std::string, DomainMetadata> domains_;
    std::optional<int64_t> newest_time_;
    std::string newest_txn_id_;
};

Result<std::shared_ptr<Snapshot>> Complete(const Log &log, Replay replay, int64_t version, int64_t modified_ms, std::string tag) {
    std::optional<int64_t> commit_time = replay.newest_time();
    std::string txn_id = replay.newest_txn_id();
    TARN_TRY(std::shared_ptr<Snapshot> snapshot, std::move(replay).Finish());
    snapshot->version = version;
    snapshot->commit_txn_id = std::move(txn_id);
    snapshot->commit_modified_ms = modified_ms;
    snapshot->commit_tag = std::move(tag);
    snapshot->timestamp_ms = modified_ms;
    if (snapshot->metadata.BoolProperty("delta.enableInCommitTimestamps", false)) {
        // The version's commit was not part of the replay, and may be gone.
        if (!commit_time) commit_time = InCommitTime(log, version).value_or(std::nullopt);
        snapshot->timestamp_ms = commit_time.value_or(modified_ms);
    }
    return snapshot;
}

// A reader that is this many commits behind lists the log; one that is closer asks for the next commits by name, which
// costs the same however long the log is.
constexpr size_t kMostGuesses = 16;

// The texts of the commits after `base`, found by their names. nullopt: there are too many, or the store failed.
std::optional<std::vector<std::string>> GuessCommits(const Log &log, const Snapshot &base, std::optional<int64_t> version) {
    std::vector<std::string> texts;
    for (int64_t next = base.version + 1; !version || next <= *version; next++) {
        Result<std::string> text = log.ReadCommit(next);
        if (!text && text.error().kind == ErrorKind::kNotFound) return texts;
        if (!text || texts.size() == kMostGuesses) return std::nullopt;
        texts.push_back(*std::move(text));
    }
    return texts;
}

// nullopt: `base` is of no use (its table was replaced, its commit is gone), so read everything.
Result<std::optional<SnapshotPtr>> LoadFromBase(const Log &log, const LoadOptions &options) {
    const SnapshotPtr &base = options.base;
    if (options.version && *options.version < base->version) return std::nullopt;
    std::vector<CommitFile> commits;
    std::optional<std::vector<std::string>> texts = GuessCommits(log, *base, options.version);
    if (texts) {
        // Looked at after the commits that are not there: clean-up removes old ones first, so with the base's own commit
        // still the same nothing before or behind it is missing.
        Result<storage::ObjectInfo> own = log.store().Head(log.CommitPath(base->version));
        if (!own || own->modified_ms != base->commit_modified_ms || own->tag != base->commit_tag) return std::nullopt;
        for (size_t i = 0; i < texts->size(); i++) {
            int64_t version = base->version + 1 + static_cast<int64_t>(i);
            commits.push_back({version, log.CommitPath(version), 0, static_cast<int64_t>((*texts)[i].size()), {}});
        }
        if (!commits.empty()) {
            TARN_TRY(storage::ObjectInfo newest, log.store().Head(commits.back().path));
            commits.back().modified_ms = newest.modified_ms;
            commits.back().tag = newest.tag;
        }
    } else {
        // From the base's own commit on: if that one is still the same, so is everything before it.
        Result<std::vector<CommitFile>> listed = log.ListCommitsAfter(base->version - 1);
        if (!listed || listed->empty()) return std::nullopt;
        const CommitFile &first = listed->front();
        if (first.version != base->version || first.modified_ms != base->commit_modified_ms || first.tag != base->commit_tag) {
            return std::nullopt;
        }
        commits.assign(listed->begin() + 1, listed->end());
    }
    if (options.version) {
        int64_t wanted = *options.version - base->version;
        if (wanted > static_cast<int64_t>(commits.size())) return std::nullopt;
        commits.resize(static_cast<size_t>(wanted));
    }
    if (commits.empty()) return base;
    Replay replay(base->table_root);
    if (texts) {
        for (size_t i = 0; i < commits.size(); i++) TARN_CHECK(replay.Commit((*texts)[i], commits[i].path));
    } else {
        TARN_CHECK(replay.Commits(log, commits));
    }
    replay.FromSnapshot(*base);
    const CommitFile &newest = commits.back();
    TARN_TRY(auto snapshot, Complete(log, std::move(replay), newest.version, newest.modified_ms, newest.tag));
    snapshot->commits_replayed += static_cast<int64_t>(commits.size());
    return SnapshotPtr(std::move(snapshot));
}

constexpr int64_t kMonthMs = 30LL * 24 * 3600 * 1000;

// Whether `commit` is too young to be cleaned up, and with it every later one. Half of the retention: the clocks of those who
// write, clean and read need not agree.
bool SafeFromCleanUp(int64_t commit_ms, int64_t retention_ms, const LoadOptions &options) {
    return commit_ms > options.now_ms.value_or(NowMs()) - retention_ms / 2;
}

// More commits than these behind the checkpoint of the hint: a newer one is likely, which only a listing finds.
constexpr int64_t kMostAfterHint = 200;

// The commits after `version`, by their names, into `replay`; the last one's version. nullopt: list them. That no more
// follow is only said when neither of the next two names is there: a commit that got lost must not look like the end.
std::optional<int64_t> ReplayByName(const Log &log, int64_t version, std::optional<int64_t> last, Replay &replay) {
    for (int64_t next = version + 1; !last || next <= *last; next++) {
        Result<std::string> text = log.ReadCommit(next);
        if (!text && text.error().kind == ErrorKind::kNotFound && !last) {
            Result<storage::ObjectInfo> beyond = log.store().Head(log.CommitPath(next + 1));
            return !beyond && beyond.error().kind == ErrorKind::kNotFound ? std::optional(next - 1) : std::nullopt;
        }
        if (!text || next - version > kMostAfterHint || !replay.Commit(*text, log.CommitPath(next))) return std::nullopt;
    }
    return last;
}

// Reads what _last_checkpoint names and goes on by names, so that the length of the log does not count. nullopt: whatever
// the matter is, the log has to be listed, which may find a newer checkpoint or an older one, or the right error.
//
// The hint may be old, and log clean-up may have removed the commits after it: then the next name is missing although newer
// commits and checkpoints exist. Clean-up removes a prefix of the log, by age. So the commit of the hint's own version
// must still be there once the next one was found missing, and must be too young for any clean-up; a wanted version
// that is given needs neither, as nothing is concluded from a missing name then.
std::optional<SnapshotPtr> LoadFromHint(const Log &log, const LoadOptions &options) {
    // In object storage one listing from the hint on costs less than a request for each name.
    if (!storage::IsLocalPath(log.table_root())) return std::nullopt;
    std::optional<Checkpoint> checkpoint = log.HintedCheckpoint();
    if (!checkpoint || (options.version && *options.version < checkpoint->version)) return std::nullopt;
    Replay replay(log.table_root());
    std::optional<int64_t> version = ReplayByName(log, checkpoint->version, options.version, replay);
    if (!version) return std::nullopt;
    Result<storage::ObjectInfo> own = log.store().Head(log.CommitPath(checkpoint->version));
    // Asked before the checkpoint is read, which takes the time; its table may keep its log for less than the default.
    if (!options.version && (!own || !SafeFromCleanUp(own->modified_ms, kMonthMs, options))) return std::nullopt;
    Result<storage::ObjectInfo> newest = *version == checkpoint->version ? own : log.store().Head(log.CommitPath(*version));
    if (!newest || !replay.FromCheckpoint(log, *checkpoint, options.io)) return std::nullopt;
    Result<std::shared_ptr<Snapshot>> complete = Complete(log, std::move(replay), *version, newest->modified_ms, newest->tag);
    if (!complete) return std::nullopt;
    std::shared_ptr<Snapshot> snapshot = *std::move(complete);
    if (!options.version) {
        int64_t retention = snapshot->metadata.IntervalProperty("delta.logRetentionDuration", kMonthMs);
        int64_t commit_ms = own->modified_ms;
        if (snapshot->metadata.BoolProperty("delta.enableInCommitTimestamps", false)) {
            commit_ms = std::min(commit_ms, InCommitTime(log, checkpoint->version).value_or(std::nullopt).value_or(commit_ms));
        }
        if (!SafeFromCleanUp(commit_ms, retention, options)) return std::nullopt;
    }
    snapshot->checkpoint_version = checkpoint->version;
    snapshot->commits_replayed = *version - checkpoint->version;
    if (auto sum = ReadChecksum(log, *version)) snapshot->checksum_disagreement = Disagreement(*sum, ChecksumOf(*snapshot));
    return SnapshotPtr(std::move(snapshot));
}

}  // namespace

Result<SnapshotPtr> ExtendSnapshot(storage::ObjectStore &store, const SnapshotPtr &base, std::string_view ndjson) {
    Log log(store, base->table_root);
    Replay replay(base->table_root);
    TARN_CHECK(replay.Commit(ndjson, base->table_root));
    replay.FromSnapshot(*base);
    TARN_TRY(auto snapshot, Complete(log, std::move(replay), base->version + 1, base->commit_modified_ms, base->commit_tag));
    return SnapshotPtr(std::move(snapshot));
}

Result<SnapshotPtr> LoadSnapshot(storage::ObjectStore &store, const std::string &table_root,
                                 const LoadOptions &given) {
    Log log(store, table_root);
    LoadOptions options = given;
    if (options.coordinator) {
        TARN_TRY(auto managed, PublishCommits(log, *options.coordinator));
        // What lies in the log beyond the catalog's last word is not part of the table.
        if (managed && !options.version) options.version = managed->version;
    }
    if (options.base) {
        TARN_TRY(std::optional<SnapshotPtr> snapshot, LoadFromBase(log, options));
        if (snapshot) return *std::move(snapshot);
    }
    if (std::optional<SnapshotPtr> hinted = LoadFromHint(log, options)) return *std::move(hinted);
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
            std::string tag = segment.commits.empty() ? "" : segment.commits.back().tag;
            if (segment.commits.empty()) {
                // The commit's own time counts, if the commit is still there.
                Result<storage::ObjectInfo> commit = store.Head(log.CommitPath(segment.version));
                if (commit) {
                    modified = commit->modified_ms;
                    tag = commit->tag;
                }
            }
            TARN_TRY(auto snapshot, Complete(log, std::move(replay), segment.version, modified, std::move(tag)));
            if (segment.checkpoint) snapshot->checkpoint_version = segment.checkpoint->version;
            snapshot->commits_replayed = static_cast<int64_t>(segment.commits.size());
            if (segment.has_checksum) {
                if (auto sum = ReadChecksum(log, segment.version)) snapshot->checksum_disagreement = Disagreement(*sum, ChecksumOf(*snapshot));
            }
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
    files.rows().ForEach([&](const FileRow &file) { total += file.size().value_or(0); });
    return total;
}

std::optional<int64_t> Snapshot::TotalRows() const {
    int64_t total = 0;
    bool known = true;
    files.rows().ForEach([&](const FileRow &file) {
        std::optional<int64_t> rows = known ? FileStats(file.stats()).NumRecords() : std::nullopt;
        known = known && rows;
        total += rows.value_or(0) - (file.deletion_vector() ? file.deletion_vector()->cardinality : 0);
    });
    return known ? std::optional(total) : std::nullopt;
}

}  // namespace tarn::delta

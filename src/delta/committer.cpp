#include "delta/internal/committer.h"

#include <simdjson.h>

#include <algorithm>
#include <set>

#include "delta/coordinator.h"
#include "delta/internal/json_writer.h"
#include "delta/row_ids.h"
#include "delta/schema.h"
#include "delta/stats.h"
#include "storage/path.h"

namespace tarn::delta {
namespace {

constexpr int kReadAttempts = 8;

template <class T>
const T *Find(const std::vector<Action> &actions) {
    for (const Action &action : actions) {
        if (const T *found = std::get_if<T>(&action)) return found;
    }
    return nullptr;
}

// commitInfo first, as in-commit timestamps demand; then what changes the table; then files.
int Rank(const Action &action) {
    if (std::holds_alternative<CommitInfo>(action)) return 0;
    if (std::holds_alternative<Protocol>(action)) return 1;
    if (std::holds_alternative<Metadata>(action)) return 2;
    if (std::holds_alternative<RemoveFile>(action)) return 4;
    if (std::holds_alternative<AddFile>(action)) return 5;
    return 3;
}

}  // namespace

int64_t RowIdHighWaterMark(const std::string &configuration) {
    simdjson::dom::parser parser;
    simdjson::padded_string json(configuration);
    int64_t mark = -1;
    if (parser.parse(json)["rowIdHighWaterMark"].get(mark) != simdjson::SUCCESS) return -1;
    return mark;
}

Committer::Committer(Transaction &transaction, const CommitDetails &details)
    : transaction_(transaction),
      details_(details),
      options_(transaction.options_),
      snapshot_(transaction.snapshot_.get()),
      log_(transaction.store_, transaction.table_root_),
      txn_id_(transaction.options_.new_uuid()) {}

Result<CommitResult> Committer::Run() {
    Result<CommitResult> result = TryAll();
    // A change that is known to have failed leaves no vectors behind.
    if (!result && result.error().kind != ErrorKind::kUnknownOutcome && !answer_lost_) {
        for (const std::string &path : transaction_.masks_->WrittenFiles()) (void)log_.store().Delete(path);
    }
    return result;
}

Result<CommitResult> Committer::TryAll() {
    TARN_CHECK(Prepare());
    for (int attempt = 0; attempt < options_.max_attempts; attempt++) {
        if (attempt > 0) Wait(attempt);
        TARN_TRY(std::string text, Compose());
        TARN_TRY(Who who, Attempt(text));
        if (who == Who::kUs) return Done();
        if (who == Who::kNobody) continue;
        TARN_TRY(bool ours, Rebase());
        if (ours) return Done();
        retries_++;
    }
    Error error = MakeError(ErrorKind::kConflict, "DELTA_CONCURRENT_WRITE",
                            "Gave up on " + log_.table_root() + " after " + std::to_string(options_.max_attempts) +
                                " attempts: other writers were always faster.");
    error.remedy = "Run it again when fewer writers are at work.";
    if (answer_lost_) return Fail(Uncertain(error));
    return Fail(std::move(error));
}

Result<StagedChange> Committer::Stage() {
    staging_ = true;
    TARN_CHECK(Prepare());
    StagedChange staged{version_, {}, {}};
    TARN_TRY(staged.text, Compose());
    TARN_TRY(staged.file, StageCommit(log_, version_, staged.text));
    return staged;
}

Result<void> Committer::Prepare() {
    std::vector<Action> &actions = transaction_.actions_;
    TARN_CHECK(WriteMasks());
    if (actions.empty() && !transaction_.allow_empty_) {
        return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "A commit needs at least one action.");
    }
    TARN_CHECK(RaiseProtocol());
    TARN_CHECK(CheckRules());
    std::ranges::stable_sort(actions, {}, Rank);
    isolation_ = IsolationOf(snapshot_, actions);

    const Metadata *metadata = Find<Metadata>(actions);
    const Protocol *protocol = Find<Protocol>(actions);
    if (metadata == nullptr) metadata = &snapshot_->metadata;
    if (protocol == nullptr) protocol = &snapshot_->protocol;
    in_commit_times_ = metadata->BoolProperty("delta.enableInCommitTimestamps", false);
    starts_commit_times_ = in_commit_times_ && snapshot_ != nullptr && !snapshot_->metadata.BoolProperty("delta.enableInCommitTimestamps", false);
    row_tracking_ = protocol->HasWriterFeature("rowTracking");
    if (snapshot_ != nullptr) {
        version_ = snapshot_->version + 1;
        previous_time_ = snapshot_->timestamp_ms;
        auto domain = snapshot_->domains.find(kRowTrackingDomain);
        if (domain != snapshot_->domains.end()) row_id_high_water_ = RowIdHighWaterMark(domain->second.configuration);
        if (snapshot_->protocol.HasWriterFeature("catalogManaged") && !options_.coordinator && !staging_) {
            return Fail(ErrorKind::kUnsupported, "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE",
                        "The catalog that manages the table " + log_.table_root() + " decides on its commits; this change did not "
                        "come through it.");
        }
        // A staged change may stand on another one, which is not in the log.
        if (!staging_) TARN_CHECK(CheckBase());
    }
    return SyncFiles();
}

Result<void> Committer::WriteMasks() {
    TARN_CHECK(transaction_.masks_->Write(log_.store(), log_.table_root(), options_.now_ms(), transaction_.actions_));
    std::ranges::stable_sort(transaction_.actions_, {}, Rank);
    // Vectors of attempts that lost. Where an answer was lost, theirs may be the commit.
    for (const std::string &path : transaction_.masks_->TakeReplaced()) {
        if (!answer_lost_) (void)log_.store().Delete(path);
    }
    return {};
}

Result<void> Committer::RaiseProtocol() {
    const Metadata *metadata = Find<Metadata>(transaction_.actions_);
    if (snapshot_ == nullptr || metadata == nullptr) return {};
    const Protocol *current = Find<Protocol>(transaction_.actions_);
    if (current == nullptr) current = &snapshot_->protocol;
    TARN_TRY(Protocol needed, ProtocolFor(*current, *metadata));
    if (!(needed == *current)) transaction_.SetProtocol(std::move(needed));
    return {};
}

Result<void> Committer::CheckRules() const {
    if (snapshot_ == nullptr) return {};
    bool removes_rows = false, masks_rows = false;
    for (const Action &action : transaction_.actions_) {
        if (const auto *remove = std::get_if<RemoveFile>(&action)) removes_rows |= remove->data_change;
        if (const auto *add = std::get_if<AddFile>(&action)) masks_rows |= add->data_change && add->deletion_vector.has_value();
    }
    const Metadata &before = snapshot_->metadata;
    if (removes_rows && before.BoolProperty("delta.appendOnly", false)) {
        Error error = MakeError(ErrorKind::kInvalidInput, "DELTA_CANNOT_MODIFY_APPEND_ONLY",
                                "The table " + log_.table_root() + " takes new rows only: its property "
                                "delta.appendOnly is set.");
        error.remedy = "To allow changes: ALTER TABLE … SET TBLPROPERTIES (delta.appendOnly = false).";
        return Fail(std::move(error));
    }
    // Files that come and go as wholes speak for themselves; rows masked within a file do not.
    bool feeds_changes = before.BoolProperty("delta.enableChangeDataFeed", false);
    if (feeds_changes && masks_rows && Find<CdcFile>(transaction_.actions_) == nullptr && !TellsChanges()) {
        Error error = MakeError(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                                "The table " + log_.table_root() + " keeps a change data feed, and this change came "
                                "without change files.");
        error.remedy = "Set the property delta.enableChangeDataFeed to false first.";
        return Fail(std::move(error));
    }
    return {};
}

// Whether readers of the change data feed can tell from the files alone what changed: whole files came and went, or files
// that stayed have other vectors. Rows that were copied into new files would show up as deleted and inserted.
bool Committer::TellsChanges() const {
    if (details_.operation == "RESTORE" || details_.operation == "CLONE") return true;
    std::set<std::string> removed;
    for (const Action &action : transaction_.actions_) {
        if (const auto *remove = std::get_if<RemoveFile>(&action)) removed.insert(storage::ActionPathKey(log_.table_root(), remove->path));
    }
    return std::ranges::all_of(transaction_.actions_, [&](const Action &action) {
        const auto *add = std::get_if<AddFile>(&action);
        return add == nullptr || !add->data_change || removed.contains(storage::ActionPathKey(log_.table_root(), add->path));
    });
}

// A table that was dropped and made anew under the same path must not get our commit: it would leave a gap.
Result<void> Committer::CheckBase() const {
    Result<storage::ObjectInfo> base = log_.store().Head(log_.CommitPath(snapshot_->version));
    bool cleaned_up = snapshot_->checkpoint_version == snapshot_->version;
    bool replaced = base ? base->modified_ms != snapshot_->commit_modified_ms || base->tag != snapshot_->commit_tag
                         : base.error().kind == ErrorKind::kNotFound;
    if (!replaced || (!base && cleaned_up)) return {};
    Error error = MakeError(ErrorKind::kConflict, "DELTA_CONCURRENT_WRITE",
                            "The table " + log_.table_root() + " was dropped or replaced meanwhile: version " +
                                std::to_string(snapshot_->version) + ", on which this change stands, is gone.");
    error.remedy = "Run it again.";
    return Fail(std::move(error));
}

Result<void> Committer::SyncFiles() const {
    std::vector<std::string> paths;
    for (const std::string &file : transaction_.new_files_) {
        TARN_TRY(std::string path, storage::ResolveActionPath(log_.table_root(), file));
        paths.push_back(std::move(path));
    }
    if (paths.empty()) return {};
    // The first version of a table may have made its folder, and those of its schema and catalog.
    std::string settled = log_.table_root();
    for (int level = 0; level < 3 && snapshot_ == nullptr; level++) settled = settled.substr(0, settled.rfind('/'));
    Result<void> synced = log_.store().MakeDurable(paths, settled);
    if (!synced && synced.error().kind == ErrorKind::kNotFound) {
        return Fail(ErrorKind::kNotFound, "DELTA_FILE_NOT_FOUND", "A data file is not there, so it cannot become part of the table. " + synced.error().message);
    }
    // The first failure may pass; the second is the disk's last word.
    return synced ? synced : log_.store().MakeDurable(paths, settled);
}

CommitInfo Committer::Info() const {
    CommitInfo info;
    info.timestamp = commit_time_;
    if (in_commit_times_) info.in_commit_timestamp = commit_time_;
    info.operation = details_.operation;
    info.operation_parameters = details_.operation_parameters.empty() ? "{}" : details_.operation_parameters;
    info.operation_metrics = details_.operation_metrics;
    info.user_metadata = details_.user_metadata;
    if (snapshot_ != nullptr) info.read_version = snapshot_->version;
    info.isolation_level = isolation_ == Isolation::kSerializable        ? "Serializable"
                           : isolation_ == Isolation::kWriteSerializable ? "WriteSerializable"
                                                                         : "SnapshotIsolation";
    bool only_adds = std::ranges::none_of(transaction_.actions_, [](const Action &action) {
        return std::holds_alternative<RemoveFile>(action) || std::holds_alternative<CdcFile>(action);
    });
    info.is_blind_append = only_adds && !transaction_.reads_.ReadsFiles() && transaction_.masks_->empty();
    info.engine_info = options_.engine_info;
    info.txn_id = txn_id_;
    return info;
}

Result<void> Committer::AssignRowIds(std::vector<Action> &actions) const {
    int64_t mark = row_id_high_water_;
    for (Action &action : actions) {
        auto *add = std::get_if<AddFile>(&action);
        if (add == nullptr || add->base_row_id) continue;
        std::optional<int64_t> rows = FileStats(add->stats).NumRecords();
        if (!rows) {
            return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE",
                        "The table tracks rows, so " + add->path + " needs its row count in its statistics.");
        }
        add->base_row_id = mark + 1;
        add->default_row_commit_version = version_;
        mark += *rows;
    }
    if (mark != row_id_high_water_) {
        actions.push_back(DomainMetadata{kRowTrackingDomain,
                                         "{\"rowIdHighWaterMark\":" + std::to_string(mark) + "}", false});
    }
    return {};
}

// Commits before this one have their files' times: PROTOCOL.md, "In-Commit Timestamps".
void Committer::NoteFirstCommitTime(std::vector<Action> &actions) const {
    for (Action &action : actions) {
        auto *metadata = std::get_if<Metadata>(&action);
        if (metadata == nullptr) continue;
        metadata->configuration["delta.inCommitTimestampEnablementVersion"] = std::to_string(version_);
        metadata->configuration["delta.inCommitTimestampEnablementTimestamp"] = std::to_string(commit_time_);
    }
}

Result<std::string> Committer::Compose() {
    commit_time_ = options_.now_ms();
    if (in_commit_times_) commit_time_ = std::max(commit_time_, previous_time_ + 1);
    std::string out;
    auto append = [&](const Action &action) {
        AppendJson(action, out);
        out += '\n';
    };
    append(Info());
    if (row_tracking_ || starts_commit_times_) {
        std::vector<Action> actions = transaction_.actions_;
        if (starts_commit_times_) NoteFirstCommitTime(actions);
        if (row_tracking_) TARN_CHECK(AssignRowIds(actions));
        std::ranges::for_each(actions, append);
    } else {
        std::ranges::for_each(transaction_.actions_, append);
    }
    return out;
}

Result<Committer::Who> Committer::Attempt(const std::string &text) {
    Result<CommitOutcome> outcome = options_.coordinator ? TryManagedCommit(log_, *options_.coordinator, version_, text)
                                                         : log_.TryCommit(version_, text);
    if (outcome) return *outcome == CommitOutcome::kCommitted ? Who::kUs : Who::kOther;
    if (outcome.error().kind == ErrorKind::kUnknownOutcome) answer_lost_ = true;
    // Whether it failed or only its answer was lost, the log knows.
    Result<std::optional<Winner>> winner = ReadWinner(version_);
    if (!winner) return Fail(answer_lost_ ? Uncertain(winner.error()) : outcome.error());
    if (!*winner) {
        retries_++;
        // A store that says it failed, again and again, is full or read-only.
        if (outcome.error().kind != ErrorKind::kUnknownOutcome && retries_ > kReadAttempts) {
            return Fail(answer_lost_ ? Uncertain(outcome.error()) : outcome.error());
        }
        return Who::kNobody;
    }
    return (*winner)->info.txn_id == txn_id_ ? Who::kUs : Who::kOther;
}

Result<bool> Committer::Rebase() {
    Loser loser{log_.table_root(), snapshot_,          transaction_.reads_, transaction_.actions_,
                isolation_,        details_.operation, *transaction_.masks_};
    FollowedFiles changed;
    while (true) {
        Result<std::optional<Winner>> read = ReadWinner(version_);
        if (!read) return Fail(answer_lost_ ? Uncertain(read.error()) : read.error());
        if (!*read) {
            TARN_CHECK(Follow(loser, changed));
            return false;
        }
        auto shared = std::make_shared<const Winner>(**std::move(read));
        const Winner &winner = *shared;
        if (winner.info.txn_id == txn_id_) {
            commit_time_ = winner.info.in_commit_timestamp.value_or(commit_time_);
            return true;
        }
        if (snapshot_ == nullptr) {
            Error error = MakeError(ErrorKind::kConflict, "DELTA_CONCURRENT_WRITE",
                                    "A Delta table was created at " + log_.table_root() + " meanwhile.");
            error.remedy = "Write to the table that is there, or remove it first.";
            return Fail(std::move(error));
        }
        if (std::optional<Error> conflict = FindConflict(loser, winner)) return Fail(*std::move(conflict));
        for (const AddFile &file : winner.adds) {
            std::string key = storage::ActionPathKey(log_.table_root(), file.path);
            if (transaction_.masks_->Contains(key)) changed[key] = {file, shared};
        }
        previous_time_ = winner.info.in_commit_timestamp.value_or(previous_time_);
        for (const DomainMetadata &domain : winner.domains) {
            if (domain.domain == kRowTrackingDomain) row_id_high_water_ = RowIdHighWaterMark(domain.configuration);
        }
        version_++;
    }
}

// Others masked rows of files that we mask rows of: if they are other rows, our vectors hold both from now on.
Result<void> Committer::Follow(const Loser &loser, const FollowedFiles &changed) {
    for (const auto &[key, last] : changed) {
        TARN_TRY(RowMasks::Verdict verdict, transaction_.masks_->Follow(log_.store(), log_.table_root(), last.first));
        if (verdict != RowMasks::Verdict::kDisjoint) return Fail(RowConflict(loser, *last.second, verdict, last.first));
    }
    return WriteMasks();
}

Result<std::optional<Winner>> Committer::ReadWinner(int64_t version) {
    if (options_.coordinator) TARN_CHECK(PublishCommits(log_, *options_.coordinator));
    std::string path = log_.CommitPath(version);
    Result<std::string> text = ReadWithRetries(path);
    if (!text && text.error().kind == ErrorKind::kNotFound) return std::nullopt;
    if (!text) return Fail(std::move(text).error());
    TARN_TRY(Winner winner, ParseWinner(*text, version, log_.table_root(), path));
    return winner;
}

Result<std::string> Committer::ReadWithRetries(const std::string &path) {
    for (int attempt = 1;; attempt++) {
        Result<std::string> text = log_.store().Read(path);
        bool transient = !text && text.error().kind == ErrorKind::kIo;
        if (!transient || attempt == kReadAttempts) return text;
        Wait(attempt);
    }
}

void Committer::Wait(int attempt) {
    // Up to 1, 2, 4 … 256 ms; the dice keep two losers from meeting again and again.
    int64_t most = int64_t{1} << std::min(attempt - 1, 8);
    uint64_t dice = std::hash<std::string>()(txn_id_ + std::to_string(attempt));
    options_.sleep(1 + static_cast<int64_t>(dice % static_cast<uint64_t>(most)));
}

Error Committer::Uncertain(const Error &cause) const {
    Error error = MakeError(ErrorKind::kUnknownOutcome, "IO_ERROR",
                            "Whether version " + std::to_string(version_) + " of " + log_.table_root() +
                                " was committed could not be found out: " + cause.message);
    error.remedy = "Look for txnId " + txn_id_ + " in the table's history before you run it again.";
    return error;
}

}  // namespace tarn::delta

// delta/internal/committer.h: takes one Transaction through as many attempts as it needs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "delta/internal/conflict.h"
#include "delta/log.h"
#include "delta/transaction.h"

namespace tarn::delta {

class Committer {
public:
    Committer(Transaction &transaction, const CommitDetails &details);
    Result<CommitResult> Run();
    Result<StagedChange> Stage();

private:
    enum class Who : uint8_t { kNobody, kUs, kOther };

    Result<CommitResult> TryAll();
    // Before the first attempt.
    Result<void> Prepare();
    Result<void> WriteMasks();
    Result<void> RaiseProtocol();
    Result<void> CheckRules() const;
    bool TellsChanges() const;
    Result<void> CheckBase() const;
    Result<void> SyncFiles() const;

    // One attempt.
    Result<std::string> Compose();
    CommitInfo Info() const;
    Result<void> AssignRowIds(std::vector<Action> &actions) const;
    void NoteFirstCommitTime(std::vector<Action> &actions) const;
    // kUs: committed. kOther: the version is taken. kNobody: try it again.
    Result<Who> Attempt(const std::string &text);

    // Those who changed files that we mask rows of, as the newest of them left each.
    using FollowedFiles = std::map<std::string, std::pair<AddFile, std::shared_ptr<const Winner>>>;
    // After a lost race: reads every winner, checks for conflicts and moves to the first free version.
    // true when one of the "winners" is ourselves.
    Result<bool> Rebase();
    Result<void> Follow(const Loser &loser, const FollowedFiles &changed);
    // nullopt: nobody has committed `version` yet.
    Result<std::optional<Winner>> ReadWinner(int64_t version);
    Result<std::string> ReadWithRetries(const std::string &path);
    void Wait(int attempt);
    Error Uncertain(const Error &cause) const;
    CommitResult Done() const { return {version_, retries_, commit_time_}; }

    Transaction &transaction_;
    const CommitDetails &details_;
    const TransactionOptions &options_;
    const Snapshot *snapshot_;
    Log log_;
    Isolation isolation_ = Isolation::kWriteSerializable;
    std::string txn_id_;

    int64_t version_ = 0;           // The version to try next.
    int64_t commit_time_ = 0;
    int64_t previous_time_ = 0;     // In-commit timestamp of version_ - 1.
    int64_t row_id_high_water_ = -1;
    bool in_commit_times_ = false;
    bool starts_commit_times_ = false;  // They are switched on by this commit.
    bool row_tracking_ = false;
    int retries_ = 0;
    bool staging_ = false;
    bool answer_lost_ = false;      // Some attempt's outcome was never learnt.
};

}  // namespace tarn::delta

// delta/transaction.h: one atomic change of one table.
//
// Optimistic: write data files first, say what was read, then Commit. A lost race is checked against what the winners
// did; without a logical conflict the same actions are tried as the next version.
// Isolation: WriteSerializable (Delta's default) or Serializable (table property delta.isolationLevel).
// Exactly once: a commit carries a txnId; when the store's answer is lost, the log is asked whether it is there.
// Threads: a Transaction belongs to one thread at a time. Racing Transactions may live in any thread or process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "delta/deletion_vector.h"
#include "delta/log.h"
#include "delta/snapshot.h"

namespace tarn::delta {

struct TableSpec {
    DataType schema;  // kStruct
    std::vector<std::string> partition_columns;
    std::optional<std::string> name;
    std::optional<std::string> description;
    StringMap properties;          // delta.* and others, as TBLPROPERTIES gives them
    bool deletion_vectors = true;  // Unless properties say otherwise: feature deletionVectors, protocol 3/7.
};

// The protocol and metadata of a new table: a fresh id, and the features that schema and properties ask for
// (timestampNtz, variantType, appendOnly, deletionVectors, changeDataFeed, inCommitTimestamp …). Without any of these
// the protocol is 1/2, which every reader can read.
// `delta.feature.NAME = supported` adds a feature; `delta.minReaderVersion` and so on are taken out of the properties.
// Errors: kInvalidInput for an unknown or repeated column; kUnsupported for features we cannot write.
struct NewTable {
    Protocol protocol;
    Metadata metadata;
};
Result<NewTable> DescribeNewTable(const TableSpec &spec, int64_t now_ms);

// What a change depends on. See Transaction for the meaning of each.
struct ReadSet {
    bool table = false;
    std::set<std::string> files;  // storage::ActionPathKey of each.
    std::vector<std::function<bool(const AddFile &)>> predicates;
    std::vector<std::function<bool(const std::vector<AddFile> &)>> new_rows;
    std::set<std::string> applications;

    bool ReadsFiles() const { return table || !files.empty() || !predicates.empty() || !new_rows.empty(); }
};

struct CommitDetails {
    std::string operation;             // "WRITE", "MERGE", "CREATE TABLE AS SELECT", …
    std::string operation_parameters;  // JSON object text; "" for {}
    std::string operation_metrics;     // JSON object text; "" for none
    std::string user_metadata;
};

struct CommitResult {
    int64_t version = -1;
    int retries = 0;              // Races lost before this version was won.
    int64_t timestamp_ms = 0;
};

// What chance, time and patience are made of; tests hand in their own.
struct TransactionOptions {
    int max_attempts = 200;
    std::function<int64_t()> now_ms;                  // Default: the system clock.
    std::function<void(int64_t milliseconds)> sleep;  // Default: sleeps. Called between attempts.
    std::function<std::string()> new_uuid;            // Default: random.
    std::string engine_info = "Tarn/0.1";
    CommitCoordinator *coordinator = nullptr;         // Decides on commits of a catalog-managed table. Borrowed.
};

// A commit that nobody sees yet: its catalog has not ratified it.
struct StagedChange {
    int64_t version = -1;
    std::string file;  // In _delta_log/_staged_commits.
    std::string text;  // Its actions.
};

class RowMasks;  // delta/internal/row_masks.h

class Transaction {
public:
    // Changes the table as `snapshot` shows it. `store` is borrowed and must outlive the Transaction.
    Transaction(storage::ObjectStore &store, SnapshotPtr snapshot, TransactionOptions options = {});
    // Creates a table: version 0. `table_root` is canonical.
    Transaction(storage::ObjectStore &store, std::string table_root, NewTable table, TransactionOptions options = {});
    ~Transaction();
    Transaction(Transaction &&) noexcept;

    // --- What the change depends on. Without any of these it is a blind append and conflicts with nearly nothing.
    void ReadTable();                                   // Everything.
    void ReadFile(const AddFile &file);                 // This file's rows. Implied by ReplaceVector.
    // Files for which `might_match` is true hold rows that the change read, or would have read had they been there.
    // Must be safe on any AddFile. Files of the snapshot that match count as read.
    void ReadMatching(std::function<bool(const AddFile &)> might_match);
    // The same for files that others add alone, asked about all of one commit's at once: `matches` may open them.
    // Must answer true where it cannot tell.
    void ReadNewRows(std::function<bool(const std::vector<AddFile> &added)> matches);
    // Rows of the file that the change depends on without masking them: that they are there, not what else is.
    void ReadRows(const AddFile &file, DeletionVector rows);
    // snapshot.TransactionVersion(app_id). Implied by SetApplication.
    void ReadApplication(std::string app_id);

    // --- What it does.
    // A new data file. Commit makes it durable first, and fails when it isn't there.
    void Add(AddFile file);
    // A file that is durable already: of an older version, or another table's.
    void AddExisting(AddFile file) { actions_.push_back(std::move(file)); }
    void Remove(const AddFile &file, bool data_change = true);
    // Masks more rows, of which none is masked yet, and implies ReadRows of them: the same data file with a vector that
    // Commit writes, anew if others mask other rows of the file meanwhile; without any row left, the file is removed.
    // Once a file. `before`: the file's vector where the caller has it.
    void MaskRows(const AddFile &file, DeletionVector rows, std::shared_ptr<const DeletionVector> before = nullptr);
    // The same with a vector that is written already. Whoever changes the file meanwhile conflicts. Bounds become wide.
    void ReplaceVector(const AddFile &file, DeletionVectorDescriptor vector, std::string stats);
    // Also raises the protocol where the new schema or properties need it. Sets schema_string from schema.
    void SetMetadata(Metadata metadata);
    void SetProtocol(Protocol protocol);
    void SetApplication(std::string app_id, int64_t version);
    void SetDomain(DomainMetadata domain);
    void AddCdc(CdcFile file);
    bool HasActions() const { return !actions_.empty(); }
    // A commit that only says what was done (VACUUM START) is meant.
    void AllowEmpty() { allow_empty_ = true; }

    const Snapshot *snapshot() const { return snapshot_.get(); }  // nullptr when a table is created.

    // Publishes the change. At most one call succeeds.
    // Errors: kConflict [DELTA_CONCURRENT_APPEND] winners added files to what was read
    //                   [DELTA_CONCURRENT_DELETE_READ] they took rows that were read, or the same rows
    //                   [DELTA_CONCURRENT_DELETE_DELETE], each with a subclass (….ROW_LEVEL_CHANGES),
    //                   [DELTA_CONCURRENT_TRANSACTION], [DELTA_METADATA_CHANGED], [DELTA_PROTOCOL_CHANGED]:
    //                   take a new snapshot and run again
    //         kConflict [DELTA_CONCURRENT_WRITE] another writer created or replaced the table, or attempts ran out
    //         kInvalidInput [DELTA_CANNOT_MODIFY_APPEND_ONLY] rows removed from an append-only table
    //         kUnsupported  the table asks its writers for something that is not done (see CheckWritable)
    //         kNotFound [DELTA_FILE_NOT_FOUND] an added data file isn't there
    //         kIo      the store failed; nothing was committed
    //         kUnknownOutcome  the log could not be read to find out: it may be committed
    Result<CommitResult> Commit(const CommitDetails &details);
    // Writes the change as the next version of a catalog-managed table, without asking the catalog: the caller ratifies it,
    // perhaps together with others. At most one call of Commit and Stage. Errors: as Commit's before its first attempt.
    Result<StagedChange> Stage(const CommitDetails &details);

private:
    friend class Committer;
    storage::ObjectStore &store_;
    std::string table_root_;
    SnapshotPtr snapshot_;
    TransactionOptions options_;

    ReadSet reads_;
    std::unique_ptr<RowMasks> masks_;
    std::vector<Action> actions_;
    std::vector<std::string> new_files_;  // Paths of Add, as in the log.
    bool allow_empty_ = false;
};

// The protocol that a table of this metadata needs: `current`, or a higher one with the features listed that schema
// and properties ask for. Features that a legacy version stood for are kept by name.
// Errors: kUnsupported [FEATURE_NOT_SUPPORTED] for a property this build cannot honour (column mapping,
// constraints …).
Result<Protocol> ProtocolFor(const Protocol &current, const Metadata &metadata);

// Gives a table with delta.enableRowTracking names for the hidden columns that keep row ids over rewrites.
void NameRowTrackingColumns(Metadata &metadata);

// Fresh random UUID, lower case with dashes.
std::string NewUuid();
int64_t NowMs();

}  // namespace tarn::delta

// engine/internal/table_change.h: one statement's change of one Delta table, from rows to commit.
//
// Data files are written first; nothing sees them until Commit. A TableChange that is destroyed without a commit
// removes what it wrote. Rows leave a table by a deletion vector where the table has them enabled, otherwise their
// files are rewritten.
// Threads: one at a time.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delta/transaction.h"
#include "engine/flow.h"
#include "engine/internal/operation_record.h"
#include "engine/internal/row_marks.h"
#include "engine/internal/row_tracking.h"
#include "engine/internal/statement_context.h"
#include "engine/internal/write_rules.h"

namespace tarn::engine {

// Names and types of a DuckDB query's columns; binds, runs nothing.
Result<DataType> DescribeQuery(SessionState &session, const std::string &sql);

// `SELECT CAST("a" AS …) AS "a", …` over `source_sql`, in the order and types of `schema` less nothing: columns that the
// source lacks are NULL, or taken from `defaults` (column name in lower case -> DuckDB text). `more` stands behind the list.
std::string ProjectTo(const DataType &schema, const DataType &source, const std::string &source_sql,
                      const std::map<std::string, std::string> &defaults = {}, const std::string &more = "");

struct WriteOptions {
    MissingValues missing;  // Rows without a value of their own for a column: see write_rules.h.
    // The query also has RowColumns() of Scan(): where they are not NULL, the row is a new version of that row.
    bool updates = false;
};

class TableChange {
public:
    // Changes an existing table. `context` is borrowed.
    TableChange(StatementContext &context, TargetTable target);
    // Creates one: version 0 holds what is written here.
    TableChange(StatementContext &context, catalog::TableName name, std::string location, delta::NewTable table);
    ~TableChange();
    TableChange(const TableChange &) = delete;
    TableChange &operator=(const TableChange &) = delete;

    const delta::Metadata &metadata() const { return metadata_; }
    const DataType &schema() const { return metadata_.schema; }

    // Adds the columns of `incoming` that the table lacks. Returns their names.
    // Errors: DELTA_FAILED_TO_MERGE_FIELDS.
    Result<std::vector<std::string>> EvolveSchema(const DataType &incoming);
    // The table's definition from now on, e.g. for CREATE OR REPLACE.
    void ReplaceMetadata(delta::Metadata metadata, std::optional<delta::Protocol> protocol);

    // The statement's view of the table before the change, for queries that name rows. `tarn_scan(n)`.
    Result<std::string> Scan();
    // A query of all rows of `scan`, which is Scan() or a part of it, with the columns that tell which row each is, and `more`
    // (DuckDB text with a comma before it) behind them.
    std::string RowsWithPlaces(const std::string &scan, const std::string &more = "") const;
    // These columns, to be carried along from a relation that has them: "a".__tarn_file AS __tarn_file, ….
    std::string RowColumns(const std::string &alias) const;

    // Appends the query's rows. It has the table's columns, by name, and may have others, which `options` speaks of. Each
    // row is completed and checked by the table's rules (write_rules.h).
    // Errors: those of the query; DELTA_NOT_NULL_CONSTRAINT_VIOLATED, DELTA_VIOLATE_CONSTRAINT_WITH_VALUES, ….
    Result<int64_t> WriteRows(const std::string &select_sql, const WriteOptions &options = {});
    // Takes back what WriteRows wrote so far.
    void DiscardWritten();
    // Removes the rows that the query names: two columns, __tarn_file and __tarn_row of Scan(). Returns how many.
    // A row named twice counts once.
    Result<int64_t> DeleteRows(const std::string &row_sql);
    // Several of these at once, in one pass over `changes_sql`: a row for each change, with the table's columns by name,
    // __tarn_action (a number; NULL: no change), __tarn_file and __tarn_row (of Scan(); NULL for an insert). effects[i] is
    // what action i does. The new rows are written, the old ones removed. `missing` as for WriteRows.
    // `notes_reads`: rows of the target that come by without an action are part of what the change depends on.
    // Errors: DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE when a row is changed twice, unless `repeats` allows it.
    Result<std::shared_ptr<RowMarks>> Apply(const std::string &changes_sql, std::vector<RowEffect> effects, bool repeats = false,
                                            const MissingValues &missing = {}, bool notes_reads = false);
    // Removes every row. Returns how many, where the log knows.
    Result<int64_t> DeleteAll();
    // Removes the files of the partitions that rows were written to: INSERT OVERWRITE in dynamic mode.
    void ReplaceWrittenPartitions();

    // The change depends on all of the table's rows. Not to be said where the statement's text names the table: that is known.
    void ReadsTable() { reads_table_ = true; }
    // The change depends on the rows it masks or marks, and on rows that are in no file of its snapshot if `probe`, given the
    // text of a scan over them, is a query with rows.
    void ReadsRows(std::function<std::string(const std::string &scan)> probe) { probe_ = std::move(probe); }
    void SetDomain(delta::DomainMetadata domain) { domains_.push_back(std::move(domain)); }
    void SetProgress(const FlowProgress &progress) { progress_ = progress; }
    // Transaction identifiers that the commit records, each as version 1; a commit that lost the race to one that records
    // the same fails with DELTA_CONCURRENT_TRANSACTION.
    void RecordOnce(std::vector<std::string> applications) { once_ = std::move(applications); }
    bool IsEmpty() const;

    // Publishes; then asks for a checkpoint if one is due, whose failure changes nothing. `metrics` are the rows that the
    // statement counted; what the files say is added to them.
    Result<delta::CommitResult> Commit(const std::string &operation, const OperationParameters &parameters,
                                       const OperationMetrics &metrics);

private:
    // Writes the table's columns of the query and, as `extra`, fields with the texts they get. No rules.
    using ExtraColumns = std::vector<std::pair<Field, std::string>>;
    Result<WrittenFiles> WriteData(const std::string &select_sql, const ExtraColumns &extra);
    // Rows of the table that only move to another file.
    Result<int64_t> WriteAsIs(std::shared_ptr<TableScan> rows);
    // What marked rows were, for the change data feed.
    Result<void> WriteChanges(const RowMarks &marks);
    bool FeedsChanges() const;
    bool TracksRows() const;
    Result<void> MaskFiles(const std::map<uint64_t, delta::DeletionVector> &rows_by_file);
    // What others must leave alone.
    void DeclareReads(delta::Transaction &transaction);
    bool WouldRead(const std::vector<delta::AddFile> &added);
    void AutoCompactIfAsked();
    FileEffects Effects() const;

    StatementContext &context_;
    SessionState &session_;
    catalog::TableName name_;
    std::string location_;
    delta::SnapshotPtr snapshot_;  // Null for a new table.
    delta::Metadata metadata_;
    std::optional<delta::Protocol> new_protocol_;
    bool metadata_changed_ = false;

    std::shared_ptr<TableScan> scan_;
    std::string scan_text_;

    std::vector<delta::AddFile> added_;
    std::vector<delta::FilePtr> removed_;
    struct FileRows {
        delta::FilePtr file;
        delta::DeletionVector rows;
        std::shared_ptr<const delta::DeletionVector> before;
    };
    std::vector<FileRows> masked_;  // Rows that get a vector; those that had one are not among them.
    std::vector<FileRows> read_;
    std::function<std::string(const std::string &scan)> probe_;
    std::vector<delta::CdcFile> changes_;         // Change data feed: rows as they were.
    std::vector<delta::CdcFile> tagged_;          // Of added_, those whose rows say which change they are.
    std::vector<delta::DomainMetadata> domains_;
    bool reads_table_ = false;
    std::optional<FlowProgress> progress_;
    std::vector<std::string> once_;
    bool committed_ = false;  // Or nobody knows: the files stay.
    // For the commit's metrics.
    int64_t copied_rows_ = 0;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    int64_t scan_ms_ = 0, rewrite_ms_ = 0;
};

}  // namespace tarn::engine

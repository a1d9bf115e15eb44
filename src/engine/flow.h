// engine/flow.h: one batch of a pipeline's flow, from its new inputs to one commit of its target.
//
// A batch's progress is a `txn` action in the target's own commit (application = flow, version = batch number), so data
// and progress become visible together or not at all. What a batch number stands for (files, versions) is kept by the
// caller, who writes it down before it runs the batch.
// Threads: as Session. Errors: as Session; nothing is committed when a call fails.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/data_type.h"
#include "base/error.h"
#include "catalog/catalog.h"
#include "sql/statement.h"

namespace tarn::engine {

struct SourceFile {
    std::string path;         // Absolute.
    int64_t size = 0;         // Bytes.
    int64_t modified_us = 0;  // Microseconds since 1970 UTC.
    bool operator==(const SourceFile &) const = default;
};

// What STREAM means in one batch: only what is new. Without an entry a STREAM reads everything.
struct StreamInputs {
    struct TableRange {
        std::optional<int64_t> from_version;  // Rows added after this version; nullopt: the whole table ...
        int64_t to_version = 0;               // ... as of this one.
    };
    struct FileSet {
        std::vector<SourceFile> files;
        // Columns and types from earlier batches: they stay; new fields come behind them.
        std::optional<DataType> known_schema;
        // Set by the run: whether to read by known_schema, or by a guess from a part of the files, without looking at all of them first.
        // A batch that fails then starts again with this false: that is rare, and looking costs as much as reading.
        bool trust = false;
        // Set by the run: it read by a guess.
        bool guessed = false;
        // Set by the run: known_schema with what these files added.
        std::optional<DataType> schema;
    };
    std::map<std::string, TableRange> tables;  // By full name, lower case.
    std::map<std::string, FileSet> files;      // By StreamKey of the read_files call.
    // Called when the batch's files are written and its commit is next: the moment to write progress down.
    std::function<Result<void>(const StreamInputs &)> before_commit;
};

// Names a `STREAM read_files(…)` within its query: its path argument.
std::string StreamKey(const sql::TableFunction &function);

struct ExpectationCount {
    std::string name;
    int64_t passed = 0;
    int64_t failed = 0;
};

struct BatchResult {
    int64_t rows_read = 0;      // That the flow's query gave.
    int64_t rows_inserted = 0;
    int64_t rows_updated = 0;
    int64_t rows_deleted = 0;
    int64_t rows_dropped = 0;   // By expectations ON VIOLATION DROP ROW.
    std::optional<int64_t> version;  // Of the target after the batch; nullopt when nothing was committed.
    std::vector<std::string> added_columns;
    std::vector<ExpectationCount> expectations;
};

// Progress that the batch's commit records.
struct FlowProgress {
    std::string application;
    int64_t batch = 0;
};

struct AppendBatch {
    catalog::TableName target;
    sql::QueryPtr query;
    std::vector<sql::Expectation> expectations;
    std::optional<FlowProgress> progress;
    bool by_name = true;
};

struct UpsertBatch {
    catalog::TableName target;
    const sql::CreateAutoCdcFlow *flow = nullptr;  // Borrowed for the call. SCD type 1.
    bool shares_target = false;                    // Other flows write to the target, too.
    std::vector<sql::Expectation> expectations;
    std::optional<FlowProgress> progress;
};

struct ReplaceBatch {
    catalog::TableName target;
    sql::QueryPtr query;
    std::vector<sql::Expectation> expectations;
};

struct PipelineTable {
    catalog::TableName name;
    catalog::TableKind kind = catalog::TableKind::kStreamingTable;
    const sql::TableSpec *spec = nullptr;  // Comment, properties, partitioning. Borrowed for the call.
};

// A table as it is now. One that was made anew has another id.
struct TableState {
    int64_t version = 0;
    std::string id;  // metadata.id of its Delta log.
};

class FlowRunner {
public:
    virtual ~FlowRunner() = default;

    // The new state of the world, for planning a batch.
    virtual Result<std::vector<SourceFile>> ListFiles(const sql::TableFunction &read_files) = 0;
    // Whether a stream of these files takes in one again that was overwritten (allowOverwrites).
    virtual bool TakesOverwrites(const sql::TableFunction &read_files) = 0;
    virtual Result<bool> TableExists(const catalog::TableName &name, catalog::TableKind kind) = 0;
    // Errors: STREAM_FAILED for a view.
    virtual Result<TableState> StateOf(const catalog::TableName &name) = 0;
    // The last batch that `application` committed to the table; nullopt: none, or no such table.
    virtual Result<std::optional<int64_t>> CommittedBatch(const catalog::TableName &name, const std::string &application) = 0;
    // A text for what `query` says and the newest state of all that it reads, through views: equal texts mean the same result. Empty
    // where that cannot be told: the query reads files, or answers differently each time.
    virtual Result<std::string> Fingerprint(const sql::Query &query) = 0;

    // Appends the query's rows; creates the table if need be; columns the table lacks are added.
    virtual Result<BatchResult> Append(const PipelineTable &table, const AppendBatch &batch, StreamInputs &inputs) = 0;
    // Newest row for each key, by the flow's sequence, into the target: unchanged rows cost nothing.
    virtual Result<BatchResult> Upsert(const PipelineTable &table, const UpsertBatch &batch, StreamInputs &inputs) = 0;
    // Replaces the table's content (materialized view).
    virtual Result<BatchResult> Replace(const PipelineTable &table, const ReplaceBatch &batch) = 0;
    // Forgets a pipeline's table with its data (full refresh).
    virtual Result<void> DropTable(const catalog::TableName &name) = 0;
};

}  // namespace tarn::engine

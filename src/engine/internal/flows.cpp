#include "engine/internal/flows.h"

#include <algorithm>

#include "delta/schema.h"
#include "engine/internal/auto_cdc.h"
#include "engine/internal/clustering_ddl.h"
#include "engine/internal/column_values.h"
#include "engine/internal/duck_run.h"
#include "engine/internal/kept_rows.h"
#include "engine/internal/read_files.h"
#include "engine/internal/statements.h"
#include "engine/internal/table_change.h"

namespace tarn::engine {
namespace {

// The rows of `query` that the expectations keep, counted on the way; with `keys`, a list of columns, their hashes are
// collected for a KeyCheck.
class CountedQuery {
public:
    CountedQuery(SessionState &session, std::vector<sql::Expectation> rules)
        : counter_(std::make_shared<ExpectationCounter>(std::move(rules))), lease_(session.engine.expectations, counter_) {}

    Result<std::string> Wrap(StatementContext &context, const std::string &query, const std::string &keys = "") {
        std::string conditions;
        for (const sql::Expectation &rule : counter_->rules()) {
            TARN_TRY(std::string condition, context.Expr(*rule.condition));
            conditions += ", CAST((" + condition + ") AS BOOLEAN)";
        }
        std::string handle = std::to_string(lease_.handle()) + "::UBIGINT";
        std::string text = "SELECT * FROM (" + query + ") WHERE tarn_expect(" + handle + conditions + ")";
        if (!keys.empty()) text += " AND tarn_key(" + handle + ", hash(" + keys + "))";
        return text;
    }

    KeyCheck::Answer Keys() { return counter_->keys().Finish(); }

    void Report(BatchResult &result) const {
        result.rows_read = counter_->rows();
        result.rows_dropped = counter_->dropped();
        result.expectations = counter_->Counts();
    }

private:
    std::shared_ptr<ExpectationCounter> counter_;
    ExpectationCounters::Lease lease_;
};

// `text` without the numbers of its scans, which differ from run to run.
std::string WithoutHandles(const std::string &text) {
    std::string out;
    bool handle = false;
    for (size_t i = 0; i < text.size(); i++) {
        char c = text[i];
        if (handle && c >= '0' && c <= '9') continue;
        handle = c == '(' && (out.ends_with("tarn_scan") || out.ends_with("tarn_ai_query"));
        out += c;
    }
    return out;
}

// A pipeline's table, about to change or to be made. `created` tells which.
struct FlowTarget {
    std::unique_ptr<TableChange> change;
    bool created = false;
    bool empty = false;      // No file yet: there is nothing to join with.
    DataType old_schema;     // Before this batch's new columns; empty for a new table.
    catalog::TableEntry entry;
    std::vector<std::string> added_columns;
};

catalog::TableEntry EntryOf(SessionState &session, const PipelineTable &table) {
    catalog::TableEntry entry;
    entry.name = table.name;
    entry.kind = table.kind;
    entry.location = session.engine.ManagedLocation(table.name);
    if (table.spec) entry.comment = table.spec->comment;
    return entry;
}

Result<FlowTarget> OpenTarget(SessionState &session, StatementContext &context, const PipelineTable &table,
                              const DataType &incoming, bool evolve) {
    FlowTarget target;
    TARN_TRY(auto existing, session.engine.catalog->FindTable(table.name));
    if (!existing) {
        target.created = true;
        target.empty = true;
        target.entry = EntryOf(session, table);
        TARN_TRY(DataType schema, StorableSchema(incoming));
        static const sql::TableSpec kPlain;
        const sql::TableSpec &spec = table.spec ? *table.spec : kPlain;
        TARN_TRY(delta::NewTable made, NewTableOf(spec, std::move(schema)));
        TARN_TRY(auto clustering, ClusteringForCreate(made.metadata, spec, nullptr));
        target.change = std::make_unique<TableChange>(context, table.name, target.entry.location, std::move(made));
        if (clustering) target.change->SetDomain(*std::move(clustering));
        return target;
    }
    if (existing->IsView()) {
        return Fail(ErrorKind::kInvalidInput, "WRONG_COMMAND_FOR_OBJECT_TYPE",
                    table.name.ToQuoted() + " exists as a view; drop it, then run the pipeline again.");
    }
    target.entry = *existing;
    TARN_TRY(TargetTable found, context.FindTarget({{table.name.catalog, table.name.schema, table.name.table}, {}}, false));
    target.empty = found.snapshot->files.empty();
    target.old_schema = found.snapshot->metadata.schema;
    target.change = std::make_unique<TableChange>(context, std::move(found));
    if (evolve) { TARN_TRY(target.added_columns, target.change->EvolveSchema(incoming)); }
    return target;
}

Result<void> Finish(SessionState &session, FlowTarget &target, const std::string &operation, BatchResult &result,
                    const std::optional<FlowProgress> &progress, const StreamInputs *inputs) {
    if (progress) target.change->SetProgress(*progress);
    if (!target.created && target.change->IsEmpty()) return {};
    if (inputs && inputs->before_commit) TARN_CHECK(inputs->before_commit(*inputs));
    TARN_TRY(delta::CommitResult committed,
             target.change->Commit(operation, {},
                                   {{"numOutputRows", result.rows_inserted + result.rows_updated},
                                    {"numTargetRowsInserted", result.rows_inserted},
                                    {"numTargetRowsUpdated", result.rows_updated}}));
    result.version = committed.version;
    result.added_columns = target.added_columns;
    if (target.created) TARN_CHECK(session.engine.catalog->PutTable(target.entry, true));
    return {};
}

// Whether a key may come twice. Equal hashes of different keys only cost the window that they did not need.
Result<bool> MayRepeatKeys(SessionState &session, const CdcPlan &plan, const std::string &source) {
    TARN_TRY(auto result, RunToEnd(session.connection, "SELECT 1 FROM (SELECT hash(" + KeyList(plan) + ") AS h FROM (" + source +
                                                           ")) GROUP BY h HAVING count(*) > 1 LIMIT 1"));
    return result->RowCount() > 0;
}

class DuckFlowRunner final : public FlowRunner {
public:
    explicit DuckFlowRunner(SessionState &session) : session_(session) {}

    Result<std::vector<SourceFile>> ListFiles(const sql::TableFunction &read_files) override {
        TARN_TRY(ReadFilesOptions options, ParseReadFilesOptions(read_files));
        return ListSourceFiles(options.path);
    }

    bool TakesOverwrites(const sql::TableFunction &read_files) override {
        auto options = ParseReadFilesOptions(read_files);
        return options && options->allow_overwrites;
    }

    // A crash between a new table's first commit and its entry in the metastore leaves a log without a name. The commit
    // counts: the table gets its name back here, before anything else is asked about it.
    Result<bool> TableExists(const catalog::TableName &name, catalog::TableKind kind) override {
        TARN_TRY(auto entry, session_.engine.catalog->FindTable(name));
        if (entry) return !entry->IsView();
        catalog::TableEntry found;
        found.name = name;
        found.kind = kind;
        found.location = session_.engine.ManagedLocation(name);
        auto snapshot = session_.engine.tables->Load(found.location);
        // A crash before the first commit leaves the folder alone: there is no table yet.
        if (!snapshot && snapshot.error().kind == ErrorKind::kNotFound) return false;
        if (!snapshot) return Fail(std::move(snapshot).error());
        TARN_CHECK(session_.engine.catalog->PutTable(found, false));
        return true;
    }

    Result<TableState> StateOf(const catalog::TableName &name) override {
        TARN_TRY(delta::SnapshotPtr snapshot, Newest(name));
        return TableState{snapshot->version, snapshot->metadata.id};
    }

    Result<std::optional<int64_t>> CommittedBatch(const catalog::TableName &name, const std::string &application) override {
        TARN_TRY(bool exists, TableExists(name, catalog::TableKind::kStreamingTable));
        if (!exists) return std::optional<int64_t>();
        TARN_TRY(delta::SnapshotPtr snapshot, Newest(name));
        return snapshot->TransactionVersion(application);
    }

    Result<std::string> Fingerprint(const sql::Query &query) override {
        StatementContext context(session_);
        TARN_TRY(std::string text, context.Query(query));
        if (!context.Sources().stable) return std::string();
        // The text has what views and parameters are today.
        std::string print = std::to_string(std::hash<std::string>()(WithoutHandles(text)));
        for (auto &[key, snapshot] : context.pinned()) print += ";" + key + "@" + std::to_string(snapshot->version) + " " + snapshot->metadata.id;
        return print;
    }

    Result<BatchResult> Append(const PipelineTable &table, const AppendBatch &batch, StreamInputs &inputs) override {
        return TrustingFirst(inputs, [&] { return AppendOnce(table, batch, inputs); });
    }

    Result<BatchResult> Upsert(const PipelineTable &table, const UpsertBatch &batch, StreamInputs &inputs) override {
        return TrustingFirst(inputs, [&] { return UpsertOnce(table, batch, inputs); });
    }

    Result<BatchResult> AppendOnce(const PipelineTable &table, const AppendBatch &batch, StreamInputs &inputs) {
        StatementContext context(session_, &inputs);
        TARN_TRY(std::string query, context.Query(*batch.query));
        TARN_TRY(DataType incoming, DescribeQuery(session_, query));
        TARN_TRY(FlowTarget target, OpenTarget(session_, context, table, incoming, true));
        CountedQuery counted(session_, batch.expectations);
        TARN_TRY(std::string kept, counted.Wrap(context, query));
        BatchResult result;
        TARN_TRY(result.rows_inserted, target.change->WriteRows(ProjectTo(target.change->schema(), incoming, kept),
                                                              {MissingFrom(target.change->schema(), incoming)}));
        counted.Report(result);
        TARN_CHECK(Finish(session_, target, "STREAMING UPDATE", result, batch.progress, &inputs));
        return result;
    }

    Result<BatchResult> UpsertOnce(const PipelineTable &table, const UpsertBatch &batch, StreamInputs &inputs) {
        StatementContext context(session_, &inputs);
        TARN_TRY(std::string from, context.From(*batch.flow->source));
        std::string source = "SELECT * FROM " + from;
        TARN_TRY(DataType described, DescribeQuery(session_, source));
        TARN_TRY(CdcPlan plan, PlanCdc(*batch.flow, context, described));
        TARN_TRY(FlowTarget target, OpenTarget(session_, context, table, plan.columns, true));
        BatchResult result;
        if (target.empty) {
            TARN_CHECK(FirstRows(context, plan, batch, target, source, result));
        } else {
            CountedQuery counted(session_, batch.expectations);
            TARN_TRY(std::string kept, counted.Wrap(context, source));
            TARN_CHECK(ReplaceRows(plan, batch, inputs, target, kept, result));
            counted.Report(result);
        }
        TARN_CHECK(Finish(session_, target, "MERGE", result, batch.progress, &inputs));
        return result;
    }

    Result<BatchResult> Replace(const PipelineTable &table, const ReplaceBatch &batch) override {
        StatementContext context(session_);
        TARN_TRY(std::string query, context.Query(*batch.query));
        TARN_TRY(DataType incoming, DescribeQuery(session_, query));
        TARN_TRY(DataType schema, StorableSchema(incoming));
        TARN_TRY(FlowTarget target, OpenTarget(session_, context, table, incoming, false));
        if (!target.created) {
            TARN_CHECK(target.change->DeleteAll());
            if (target.change->schema().ToString() != schema.ToString()) {
                delta::Metadata metadata = target.change->metadata();
                metadata.schema = schema;
                metadata.schema_string = delta::SchemaToJson(schema);
                target.change->ReplaceMetadata(std::move(metadata), std::nullopt);
            }
        }
        CountedQuery counted(session_, batch.expectations);
        TARN_TRY(std::string kept, counted.Wrap(context, query));
        BatchResult result;
        TARN_TRY(result.rows_inserted, target.change->WriteRows(ProjectTo(target.change->schema(), incoming, kept),
                                                              {MissingFrom(target.change->schema(), incoming)}));
        counted.Report(result);
        TARN_CHECK(Finish(session_, target, "WRITE", result, std::nullopt, nullptr));
        return result;
    }

    Result<void> DropTable(const catalog::TableName &name) override {
        TARN_CHECK(TableExists(name, catalog::TableKind::kStreamingTable));
        TARN_TRY(auto entry, session_.engine.catalog->FindTable(name));
        if (entry) TARN_CHECK(DropEntry(session_, *entry));
        return {};
    }

private:
    // Files are first read by the schema of earlier ones, or by a guess. Where that does not do, because of a new field, of a column that
    // the query names and nobody has seen yet, or of input that cannot be read, the batch runs again after a look at all files: it finds
    // the columns, or the first error in file order. A failed batch has committed nothing.
    template <class Run>
    static Result<BatchResult> TrustingFirst(StreamInputs &inputs, Run run) {
        for (auto &[key, set] : inputs.files) set.trust = true;
        Result<BatchResult> result = run();
        bool trusted = std::ranges::any_of(inputs.files, [](auto &entry) { return entry.second.known_schema || entry.second.guessed; });
        if (result || !trusted || !MayBeTheSchema(result.error())) return result;
        for (auto &[key, set] : inputs.files) set.trust = false;
        return run();
    }

    static bool MayBeTheSchema(const Error &error) {
        return error.kind != ErrorKind::kConflict && error.kind != ErrorKind::kUnknownOutcome && error.kind != ErrorKind::kInternal;
    }

    Result<delta::SnapshotPtr> Newest(const catalog::TableName &name) {
        StatementContext context(session_);
        TARN_TRY(catalog::TableEntry entry, context.FindTable({{name.catalog, name.schema, name.table}, {}}));
        if (entry.IsView()) {
            Error error = MakeError(ErrorKind::kInvalidInput, "STREAM_FAILED", "STREAM follows a table, and " + name.ToQuoted() + " is a view.");
            error.remedy = "Follow the table that the view reads, or make the view a TEMPORARY VIEW over STREAM(table) within the pipeline.";
            return Fail(std::move(error));
        }
        return session_.engine.tables->Load(entry.location);
    }

    // Into an empty target. Keys seldom come twice in a first load, so it is written as if they did not, and once more,
    // with only the newest of each, if they did after all.
    Result<void> FirstRows(StatementContext &context, const CdcPlan &plan, const UpsertBatch &batch, FlowTarget &target,
                           const std::string &source, BatchResult &result) {
        for (bool repeats : {false, true}) {
            CountedQuery counted(session_, batch.expectations);
            TARN_TRY(std::string kept, counted.Wrap(context, source, repeats ? "" : KeyList(plan)));
            std::string rows = WithSequence(plan, kept);
            if (repeats) rows = NewestByKey(plan, rows, batch.flow->ignore_null_updates, false);
            rows = "SELECT * EXCLUDE (__tarn_sequence) FROM (" + rows + ")";
            TARN_TRY(result.rows_inserted, target.change->WriteRows(ProjectTo(target.change->schema(), plan.columns, rows),
                                                                  {MissingFrom(target.change->schema(), plan.columns)}));
            counted.Report(result);
            if (repeats) return {};
            KeyCheck::Answer answer = counted.Keys();
            bool again = answer == KeyCheck::Answer::kMayRepeat;
            if (answer == KeyCheck::Answer::kUnknown) { TARN_TRY(again, MayRepeatKeys(session_, plan, source)); }
            if (!again) return {};
            target.change->DiscardWritten();
        }
        return {};
    }

    // The target's rows with the sequence each was written with. Where the target does not keep the columns that SEQUENCE
    // BY names, the sequences are found again in the source as it was before this batch.
    Result<std::string> CurrentRows(const CdcPlan &plan, const UpsertBatch &batch, const StreamInputs &inputs,
                                    const FlowTarget &target, const std::string &scan) {
        if (DescribeQuery(session_, "SELECT " + plan.sequence + " FROM " + scan)) {
            return target.change->RowsWithPlaces(scan, ", " + plan.sequence + " AS __tarn_sequence");
        }
        if (!inputs.files.empty() || batch.shares_target) {
            Error error = MakeError(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                                    std::string("SEQUENCE BY names columns that the target does not keep, and ") +
                                        (batch.shares_target ? "other flows write to it." : "the source is files."));
            error.remedy = batch.shares_target ? "Keep the columns in the target." : "Keep the columns in the target, or read the files into a streaming table first.";
            return Fail(std::move(error));
        }
        past_inputs_ = StreamInputs();
        for (auto &[name, range] : inputs.tables) {
            // Nothing at all before the first batch.
            if (range.from_version) past_inputs_.tables[name] = {std::nullopt, *range.from_version};
            else past_inputs_.tables[name] = {range.to_version, range.to_version};
        }
        past_ = std::make_unique<StatementContext>(session_, &past_inputs_);
        TARN_TRY(std::string past, past_->From(*batch.flow->source));
        past = "(SELECT * FROM " + past;
        for (const sql::Expectation &rule : batch.expectations) {
            if (rule.on_violation != sql::Violation::kDropRow) continue;
            TARN_TRY(std::string condition, past_->Expr(*rule.condition));
            past += (past.ends_with("IS TRUE") ? " AND (" : " WHERE (") + condition + ") IS TRUE";
        }
        past += ")";
        std::string keys, on;
        for (const std::string &key : plan.keys) {
            std::string name = sql::QuoteIdentifier(key);
            keys += name + ", ";
            on += (on.empty() ? "" : " AND ") + ("rows." + name + " IS NOT DISTINCT FROM past." + name);
        }
        return "SELECT rows.*, past.__tarn_sequence FROM (" + target.change->RowsWithPlaces(scan) +
               ") rows LEFT JOIN (SELECT " + keys + "max(" + plan.sequence + ") AS __tarn_sequence FROM " + past +
               " GROUP BY ALL) past ON " + on;
    }

    Result<void> ReplaceRows(const CdcPlan &plan, const UpsertBatch &batch, const StreamInputs &inputs, FlowTarget &target,
                             const std::string &source, BatchResult &result) {
        TARN_TRY(std::string scan, target.change->Scan());
        TARN_TRY(std::string current, CurrentRows(plan, batch, inputs, target, scan));
        bool ignore_nulls = batch.flow->ignore_null_updates;
        TARN_TRY(auto changes, KeptRows::Of(session_, ChangedRows(plan, *target.change, target.old_schema, ignore_nulls, WithSequence(plan, source), current)));
        // Where a key comes twice, its newest row is among the changes if any of them is: they are few to sort.
        TARN_TRY(int64_t repeats, changes->Count("1", "GROUP BY " + KeyList(plan) + " HAVING count(*) > 1 LIMIT 1"));
        if (repeats > 0 || ignore_nulls) {
            TARN_TRY(changes, KeptRows::Of(session_, NewestByKey(plan, "SELECT * FROM " + changes->Text(), ignore_nulls, true)));
        }
        TARN_TRY(int64_t total, changes->Count("count(*)"));
        if (total == 0) return {};
        MissingValues missing;
        for (auto &[column, when] : MissingFrom(target.change->schema(), plan.columns)) {
            const Field &field = *target.change->schema().FindField(column);
            missing[column] = IsGenerated(field) ? "TRUE" : "__tarn_row IS NULL";  // A changed row keeps what it has.
        }
        TARN_TRY(auto marks, target.change->Apply("SELECT *, CASE WHEN __tarn_row IS NULL THEN 0 ELSE 1 END AS __tarn_action FROM " + changes->Text(),
                                                  {RowEffect::kInsert, RowEffect::kUpdate}, false, missing));
        result.rows_updated = marks->Count(RowEffect::kUpdate);
        result.rows_inserted = total - result.rows_updated;
        target.change->ReadsTable();
        return {};
    }

    // The source as it was before the batch; kept for as long as the batch's queries run.
    StreamInputs past_inputs_;
    std::unique_ptr<StatementContext> past_;
    SessionState &session_;
};

}  // namespace

std::unique_ptr<FlowRunner> MakeFlowRunner(SessionState &session) { return std::make_unique<DuckFlowRunner>(session); }

}  // namespace tarn::engine

#include "engine/internal/table_change.h"

#include <algorithm>
#include <cstdio>
#include "delta/schema.h"
#include "delta/stats.h"
#include "engine/internal/duck_error.h"
#include "engine/internal/maintenance.h"
#include "engine/internal/optimize.h"
#include "engine/internal/settings.h"
#include "engine/internal/types.h"

#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/planner.hpp"

namespace tarn::engine {
namespace {

int64_t MillisecondsSince(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Result<DataType> DescribeQuery(SessionState &session, const std::string &sql) {
    return Guard([&]() -> Result<DataType> {
        auto statements = session.connection.ExtractStatements(sql);
        TARN_ASSERT(statements.size() == 1);
        std::vector<Field> fields;
        auto &context = *session.connection.context;
        // Binding alone: a Prepare would also optimise, and call bare NULLs INTEGER, where Spark's VOID fits any column.
        context.RunFunctionInTransaction([&] {
            duckdb::Planner planner(context);
            planner.binder->SetCanContainNulls(true);
            planner.CreatePlan(std::move(statements[0]));
            for (size_t i = 0; i < planner.names.size(); i++) fields.push_back({planner.names[i], FromLogicalType(planner.types[i])});
        });
        return DataType::Struct(std::move(fields));
    });
}

std::string ProjectTo(const DataType &schema, const DataType &source, const std::string &source_sql,
                      const std::map<std::string, std::string> &defaults, const std::string &more) {
    std::string list;
    for (const Field &field : schema.fields) {
        std::string value = "NULL";
        const Field *from = source.FindField(field.name);
        if (from) value = sql::QuoteIdentifier(from->name);
        else if (auto it = defaults.find(ToLower(field.name)); it != defaults.end()) value = it->second;
        if (!list.empty()) list += ", ";
        // Always a cast: DuckDB's type may be another than the Spark type it is shown as (HUGEINT for a sum), and what
        // Parquet holds must be what the schema says. A cast to the same type costs nothing.
        list += "CAST(" + value + " AS " + sql::RenderType(field.type) + ")";
        list += " AS " + sql::QuoteIdentifier(field.name);
    }
    return "SELECT " + list + more + " FROM (" + source_sql + ")";
}

TableChange::TableChange(StatementContext &context, TargetTable target)
    : context_(context), session_(context.session()), name_(std::move(target.name)), location_(std::move(target.location)),
      snapshot_(std::move(target.snapshot)), metadata_(snapshot_->metadata) {}

TableChange::TableChange(StatementContext &context, catalog::TableName name, std::string location, delta::NewTable table)
    : context_(context), session_(context.session()), name_(std::move(name)), location_(std::move(location)),
      metadata_(std::move(table.metadata)), new_protocol_(std::move(table.protocol)) {}

TableChange::~TableChange() {
    if (committed_) return;
    DiscardFiles(location_, added_);
    for (const delta::CdcFile &file : changes_) added_.emplace_back().path = file.path;
    DiscardFiles(location_, added_);
}

Result<std::vector<std::string>> TableChange::EvolveSchema(const DataType &incoming) {
    delta::MergeOptions options;
    options.widen_types = metadata_.BoolProperty("delta.enableTypeWidening", false);
    TARN_TRY(delta::MergedSchema merged, delta::MergeSchemas(metadata_.schema, incoming, options));
    if (merged.changed) {
        delta::RecordTypeChanges(metadata_.schema, merged.schema);
        metadata_.schema = std::move(merged.schema);
        metadata_.schema_string = delta::SchemaToJson(metadata_.schema);
        delta::AssignColumnIds(metadata_, false);
        metadata_changed_ = true;
    }
    return merged.added;
}

void TableChange::ReplaceMetadata(delta::Metadata metadata, std::optional<delta::Protocol> protocol) {
    metadata_ = std::move(metadata);
    // Files of a table that was not mapped until now hold the columns' own names.
    bool was_mapped = snapshot_ && delta::ColumnMappingOf(snapshot_->metadata) != delta::ColumnMapping::kNone;
    delta::AssignColumnIds(metadata_, snapshot_ && !was_mapped);
    new_protocol_ = std::move(protocol);
    metadata_changed_ = true;
}

Result<std::string> TableChange::Scan() {
    if (scan_text_.empty()) {
        TARN_ASSERT(snapshot_ != nullptr);
        if (snapshot_->metadata.schema.fields.empty()) return Fail(context_.ScanText(*snapshot_).error());
        TARN_TRY(scan_, ScanOf(*snapshot_));
        scan_text_ = context_.ScanText(scan_);
    }
    return scan_text_;
}

bool TableChange::TracksRows() const { return snapshot_ && RowTrackingOf(snapshot_->metadata); }

std::string TableChange::RowsWithPlaces(const std::string &scan, const std::string &more) const {
    std::string id = TracksRows() ? ", " + sql::RowMetadata("", "row_id") + " AS __tarn_row_id" : "";
    return "SELECT *, __tarn_file, __tarn_row" + id + more + " FROM " + scan;
}

std::string TableChange::RowColumns(const std::string &alias) const {
    std::string columns;
    for (std::string name : {"__tarn_file", "__tarn_row", TracksRows() ? "__tarn_row_id" : ""}) {
        if (!name.empty()) columns += (columns.empty() ? "" : ", ") + sql::QuoteIdentifier(alias) + "." + name + " AS " + name;
    }
    return columns;
}

bool TableChange::FeedsChanges() const { return snapshot_ && snapshot_->metadata.BoolProperty("delta.enableChangeDataFeed", false); }

Result<int64_t> TableChange::WriteRows(const std::string &select_sql, const WriteOptions &options) {
    TARN_TRY(auto rules, WriteRules::Of(context_, metadata_));
    ExtraColumns extra;
    // A file of nothing but changed rows serves the change data feed as well: PROTOCOL.md, "Add CDC File".
    bool tagged = FeedsChanges() && (options.updates || !changes_.empty());
    if (tagged) {
        extra.emplace_back(Field{"_change_type", DataType::Of(TypeKind::kString)},
                           options.updates ? "CASE WHEN __tarn_row IS NULL THEN 'insert' ELSE 'update_postimage' END" : "'insert'");
    }
    auto tracking = snapshot_ && options.updates ? RowTrackingOf(snapshot_->metadata) : std::nullopt;
    if (tracking) {
        extra.emplace_back(Field{tracking->id_column, DataType::Of(TypeKind::kLong)}, "CAST(__tarn_row_id AS BIGINT)");
        extra.emplace_back(Field{tracking->version_column, DataType::Of(TypeKind::kLong)}, "CAST(NULL AS BIGINT)");
    }
    TARN_TRY(WrittenFiles written, WriteData(rules->Apply(select_sql, options.missing), extra));
    for (const delta::AddFile &file : written.files) {
        if (tagged) tagged_.push_back({file.path, file.partition_values, file.size, {}});
    }
    metadata_changed_ |= rules->RaiseHighWaterMarks(metadata_);
    return written.rows;
}

Result<WrittenFiles> TableChange::WriteData(const std::string &select_sql, const ExtraColumns &extra) {
    std::string columns;
    for (const Field &field : metadata_.schema.fields) columns += (columns.empty() ? "" : ", ") + sql::QuoteIdentifier(field.name);
    FileLayout layout;
    layout.codec = SettingOr(session_, kCodecSetting, "");
    for (auto &[field, text] : extra) {
        columns += ", " + text + " AS " + sql::QuoteIdentifier(field.name);
        layout.extra.push_back(field);
    }
    auto start = std::chrono::steady_clock::now();
    TARN_TRY(WrittenFiles written, WriteFiles(session_.connection, location_, metadata_, "SELECT " + columns + " FROM (" + select_sql + ")", layout));
    rewrite_ms_ += MillisecondsSince(start);
    added_.insert(added_.end(), written.files.begin(), written.files.end());
    return written;
}

void TableChange::DiscardWritten() {
    DiscardFiles(location_, added_);
    added_.clear();
    tagged_.clear();
}

Result<int64_t> TableChange::DeleteAll() {
    removed_ = snapshot_->files;
    return snapshot_->TotalRows().value_or(0);
}

bool TableChange::IsEmpty() const {
    return snapshot_ && added_.empty() && removed_.empty() && masked_.empty() && !metadata_changed_ && domains_.empty() &&
           !progress_ && once_.empty();
}

void TableChange::AutoCompactIfAsked() {
    auto &properties = metadata_.configuration;
    bool asked = std::ranges::any_of(properties, [](auto &one) { return ToLower(one.first).starts_with("delta.autooptimize"); }) ||
                 !SettingOr(session_, "spark.databricks.delta.autoCompact.enabled", "").empty();
    if (!asked) return;
    auto snapshot = session_.engine.tables->Load(location_);
    if (snapshot) AutoCompact(session_, {name_, location_, *snapshot});
}

FileEffects TableChange::Effects() const {
    FileEffects effects;
    effects.added_files = static_cast<int64_t>(added_.size());
    for (auto &file : added_) effects.added_bytes += file.size;
    effects.removed_files = static_cast<int64_t>(removed_.size());
    for (auto &file : removed_) {
        effects.removed_bytes += file->size;
        if (file->deletion_vector) effects.vectors_removed++;
    }
    for (auto &masked : masked_) (masked.file->deletion_vector ? effects.vectors_updated : effects.vectors_added)++;
    effects.change_files = static_cast<int64_t>(changes_.empty() ? 0 : changes_.size() + tagged_.size());
    effects.copied_rows = copied_rows_;
    effects.execution_ms = MillisecondsSince(started_);
    effects.scan_ms = scan_ms_;
    effects.rewrite_ms = rewrite_ms_;
    return effects;
}

Result<delta::CommitResult> TableChange::Commit(const std::string &operation, const OperationParameters &parameters,
                                                const OperationMetrics &metrics) {
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(location_));
    auto transaction = snapshot_ ? std::make_unique<delta::Transaction>(*store, snapshot_, session_.engine.tables->OptionsFor(*snapshot_))
                                 : std::make_unique<delta::Transaction>(
                                       *store, location_, delta::NewTable{*new_protocol_, metadata_});
    if (snapshot_ && new_protocol_) transaction->SetProtocol(*new_protocol_);
    if (snapshot_ && metadata_changed_) transaction->SetMetadata(metadata_);
    for (auto &domain : domains_) transaction->SetDomain(domain);
    DeclareReads(*transaction);
    if (progress_) transaction->SetApplication(progress_->application, progress_->batch);
    for (const std::string &application : once_) transaction->SetApplication(application, 1);
    for (auto &file : removed_) transaction->Remove(*file);
    for (auto &masked : masked_) transaction->MaskRows(*masked.file, std::move(masked.rows), std::move(masked.before));
    for (auto &file : added_) transaction->Add(file);
    for (auto &file : changes_) transaction->AddCdc(file);
    for (auto &file : tagged_) {
        if (!changes_.empty()) transaction->AddCdc(file);
    }

    delta::CommitDetails details;
    details.operation = operation;
    details.operation_parameters = ParametersJson(parameters);
    details.operation_metrics = MetricsJson(operation, parameters, metrics, Effects());
    if (session_.atomic) {
        committed_ = true;
        return session_.atomic->Stage(location_, *transaction, details, added_);
    }
    auto commit = transaction->Commit(details);
    // Where the store's answer was lost, the commit may be there, and would name files that we removed. VACUUM finds them if not.
    committed_ = commit || commit.error().kind == ErrorKind::kUnknownOutcome;
    if (!commit) return Fail(std::move(commit).error());
    delta::CommitResult result = *commit;
    RequestCheckpointIfDue(session_, location_, metadata_, result.version);
    if (!added_.empty() || !masked_.empty()) AutoCompactIfAsked();
    return result;
}

}  // namespace tarn::engine

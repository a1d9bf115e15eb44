#include "engine/internal/maintenance.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "delta/checkpoint.h"
#include "delta/row_ids.h"
#include "delta/schema.h"
#include "engine/internal/duck_run.h"
#include "engine/internal/settings.h"
#include "sql/functions.h"
#include "sql/render.h"
#include "storage/path.h"

namespace tarn::engine {

Result<delta::CommitResult> CommitAndCheckpoint(SessionState &session, delta::Transaction &transaction, const std::string &location,
                                                const std::string &operation, const OperationParameters &parameters,
                                                const OperationMetrics &metrics) {
    delta::CommitDetails details;
    details.operation = operation;
    details.operation_parameters = ParametersJson(parameters);
    details.operation_metrics = MetricsJson(operation, parameters, metrics, {});
    TARN_TRY(delta::CommitResult result, transaction.Commit(details));
    // A new table's first commit needs none.
    if (const delta::Snapshot *before = transaction.snapshot()) RequestCheckpointIfDue(session, location, before->metadata, result.version);
    return result;
}

void RequestCheckpointIfDue(SessionState &session, const std::string &location, const delta::Metadata &metadata, int64_t version) {
    session.engine.tables->RequestChecksum(location);
    if (delta::CheckpointDue(metadata, version)) session.engine.tables->RequestCheckpoint(location, version);
}

int64_t TargetFileSize(const SessionState &session, const delta::Metadata &metadata, const std::string &key, int64_t fallback) {
    int64_t set = delta::ParseByteSize(SettingOr(session, key, "")).value_or(fallback);
    return metadata.ByteSizeProperty("delta.targetFileSize", set);
}

namespace {

// Errors unless every column of `expr` is a partition column.
Result<void> CheckPartitionColumns(const sql::Expr &expr, const delta::Metadata &metadata) {
    for (const sql::Name &name : sql::ColumnsOf(expr)) {
        auto is_it = [&](const std::string &column) { return EqualsIgnoreCase(column, name.Last()); };
        if (std::ranges::any_of(metadata.partition_columns, is_it)) continue;
        std::string known;
        for (const std::string &column : metadata.partition_columns) known += (known.empty() ? "" : ", ") + column;
        Error error = MakeError(ErrorKind::kInvalidInput, "DELTA_NON_PARTITION_COLUMN_REFERENCE",
                                "Predicate references non-partition column '" + name.ToString() +
                                    "'. Only the partition columns may be referenced: [" + known + "].");
        error.position = name.position;
        return Fail(std::move(error));
    }
    return {};
}

}  // namespace

Result<std::vector<delta::FilePtr>> FilesWhere(StatementContext &context, const delta::Snapshot &snapshot, const sql::Expr *condition) {
    TARN_CHECK(snapshot.files.rows().LoadStats());
    std::vector<delta::FilePtr> files;
    if (!condition) {
        for (const delta::FilePtr &file : snapshot.files) files.push_back(file);
        return files;
    }
    const delta::Metadata &metadata = snapshot.metadata;
    TARN_CHECK(CheckPartitionColumns(*condition, metadata));
    // Each distinct partition is asked once.
    std::map<delta::PartitionValues, std::vector<delta::FilePtr>> partitions;
    for (const delta::FilePtr &file : snapshot.files) partitions[file->partition_values].push_back(file);
    if (partitions.empty()) return files;
    std::string rows;
    size_t index = 0;
    std::vector<const std::vector<delta::FilePtr> *> by_index;
    for (auto &[values, members] : partitions) {
        rows += (rows.empty() ? "(" : ", (") + std::to_string(index++);
        for (const std::string &column : metadata.partition_columns) {
            const Field *field = metadata.schema.FindField(column);
            auto value = values.find(delta::PhysicalName(*field));
            bool null = value == values.end() || !value->second || value->second->empty();
            rows += ", CAST(" + (null ? "NULL" : sql::QuoteLiteral(*value->second)) + " AS " + sql::RenderType(field->type) + ")";
        }
        rows += ")";
        by_index.push_back(&members);
    }
    std::string names = "__tarn_partition";
    for (const std::string &column : metadata.partition_columns) names += ", " + sql::QuoteIdentifier(column);
    TARN_TRY(std::string text, context.Expr(*condition, {{"t", {}}}));
    TARN_TRY(auto result, RunToEnd(context.session().connection,
                                   "SELECT __tarn_partition FROM (VALUES " + rows + ") AS t(" + names + ") WHERE " + text + " ORDER BY 1"));
    for (size_t row = 0; row < result->RowCount(); row++) {
        auto &members = *by_index.at(result->GetValue(0, row).GetValue<uint64_t>());
        files.insert(files.end(), members.begin(), members.end());
    }
    return files;
}

delta::Protocol JoinedProtocol(const delta::Protocol &now, const delta::Protocol &then) {
    delta::Protocol joined = now;
    joined.min_reader_version = std::max(now.min_reader_version, then.min_reader_version);
    joined.min_writer_version = std::max(now.min_writer_version, then.min_writer_version);
    auto join = [](std::optional<std::vector<std::string>> &into, const std::optional<std::vector<std::string>> &more) {
        if (!more) return;
        std::set<std::string> all(more->begin(), more->end());
        if (into) all.insert(into->begin(), into->end());
        into.emplace(all.begin(), all.end());
    };
    join(joined.reader_features, then.reader_features);
    join(joined.writer_features, then.writer_features);
    return joined;
}

void ReplaceDomains(const delta::Snapshot &now, const delta::Snapshot &then, delta::Transaction &transaction) {
    for (auto &[name, domain] : then.domains) {
        auto current = now.domains.find(name);
        if (name == delta::kRowTrackingDomain || (current != now.domains.end() && current->second == domain)) continue;
        transaction.SetDomain(domain);
    }
    for (auto &[name, domain] : now.domains) {
        if (name == delta::kRowTrackingDomain || then.domains.contains(name)) continue;
        delta::DomainMetadata removed = domain;
        removed.removed = true;
        transaction.SetDomain(std::move(removed));
    }
}

std::string FolderOf(const delta::AddFile &file) {
    if (file.path.starts_with("/") || !storage::SchemeOf(file.path).empty()) return "";
    size_t slash = file.path.rfind('/');
    return slash == std::string::npos ? "" : file.path.substr(0, slash + 1);
}

}  // namespace tarn::engine

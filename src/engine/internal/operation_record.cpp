#include "engine/internal/operation_record.h"

#include <nlohmann/json.hpp>

#include "sql/render.h"

namespace tarn::engine {
namespace {

using nlohmann::json;

void AddDeleteMetrics(OperationMetrics &metrics, const FileEffects &files) {
    metrics["numAddedFiles"] = files.added_files;
    metrics["numAddedBytes"] = files.added_bytes;
    metrics["numRemovedFiles"] = files.removed_files;
    metrics["numRemovedBytes"] = files.removed_bytes;
    metrics["numCopiedRows"] = files.copied_rows;
    metrics["numAddedChangeFiles"] = files.change_files;
    // A vector that takes the place of another counts as added, as removed, and as updated.
    metrics["numDeletionVectorsAdded"] = files.vectors_added + files.vectors_updated;
    metrics["numDeletionVectorsRemoved"] = files.vectors_removed + files.vectors_updated;
    metrics["numDeletionVectorsUpdated"] = files.vectors_updated;
    metrics["executionTimeMs"] = files.execution_ms;
    metrics["scanTimeMs"] = files.scan_ms;
    metrics["rewriteTimeMs"] = files.rewrite_ms;
}

void AddMergeMetrics(OperationMetrics &metrics, const FileEffects &files) {
    metrics["materializeSourceTimeMs"] = 0;  // The source is read once, within the join.
    metrics["numTargetFilesAdded"] = files.added_files;
    metrics["numTargetBytesAdded"] = files.added_bytes;
    metrics["numTargetFilesRemoved"] = files.removed_files;
    metrics["numTargetBytesRemoved"] = files.removed_bytes;
    metrics["numTargetRowsCopied"] = files.copied_rows;
    metrics["numTargetChangeFilesAdded"] = files.change_files;
    metrics["numTargetDeletionVectorsAdded"] = files.vectors_added + files.vectors_updated;
    metrics["numTargetDeletionVectorsRemoved"] = files.vectors_removed + files.vectors_updated;
    metrics["numTargetDeletionVectorsUpdated"] = files.vectors_updated;
    metrics["executionTimeMs"] = files.execution_ms;
    metrics["scanTimeMs"] = files.scan_ms;
    metrics["rewriteTimeMs"] = files.rewrite_ms;
    metrics["numOutputRows"] += files.copied_rows;
}

void AddWriteMetrics(OperationMetrics &metrics, const FileEffects &files, bool overwrites, bool replaces_rows) {
    metrics["numFiles"] = files.added_files;
    metrics["numOutputBytes"] = files.added_bytes;
    metrics.try_emplace("numOutputRows", 0);
    if (!overwrites) return;
    metrics["numRemovedFiles"] = files.removed_files;
    metrics["numRemovedBytes"] = files.removed_bytes;
    if (!replaces_rows) return;
    metrics["numCopiedRows"] = files.copied_rows;
    metrics["numOutputRows"] += files.copied_rows;
    metrics["numAddedChangeFiles"] = files.change_files;
}

}  // namespace

std::string MetricsJson(const std::string &operation, const OperationParameters &parameters, const OperationMetrics &rows,
                        const FileEffects &effects) {
    OperationMetrics metrics = rows;
    auto has = [&](const char *key) { return parameters.contains(key); };
    if (operation == "DELETE" || operation == "UPDATE") {
        AddDeleteMetrics(metrics, effects);
    } else if (operation == "MERGE") {
        AddMergeMetrics(metrics, effects);
    } else if (operation == "TRUNCATE") {
        metrics["numRemovedFiles"] = effects.removed_files;
        metrics["executionTimeMs"] = effects.execution_ms;
    } else if (operation == "STREAMING UPDATE") {
        metrics["numAddedFiles"] = effects.added_files;
        metrics["numRemovedFiles"] = effects.removed_files;
        metrics["numOutputBytes"] = effects.added_bytes;
        metrics.try_emplace("numOutputRows", 0);
    } else if (operation == "COPY INTO") {
        AddWriteMetrics(metrics, effects, false, false);
    } else if (operation == "WRITE") {
        bool overwrites = has("mode") && parameters.at("mode") == "Overwrite";
        AddWriteMetrics(metrics, effects, overwrites, has("predicate") || has("replaceUsing") || has("replaceOn"));
    } else if (operation.ends_with("TABLE AS SELECT")) {
        AddWriteMetrics(metrics, effects, operation.find("REPLACE") != std::string::npos, false);
    }
    json texts = json::object();
    for (auto &[name, value] : metrics) texts[name] = std::to_string(value);
    return texts.dump();
}

std::string ParametersJson(const OperationParameters &parameters) { return json(parameters).dump(); }

std::string PredicateParameter(const sql::Expr *condition) {
    json list = json::array();
    if (condition) list.push_back(sql::ColumnNameOf(*condition));
    return list.dump();
}

std::string NamesParameter(const std::vector<std::string> &names) { return json(names).dump(); }

std::string PropertiesParameter(const std::map<std::string, std::string> &properties) { return json(properties).dump(); }

OperationParameters TableParameters(const delta::Metadata &metadata, bool managed, const std::vector<std::string> &cluster_by) {
    OperationParameters parameters;
    parameters["isManaged"] = managed ? "true" : "false";
    if (metadata.description) parameters["description"] = *metadata.description;
    parameters["partitionBy"] = NamesParameter(metadata.partition_columns);
    parameters["clusterBy"] = NamesParameter(cluster_by);
    parameters["properties"] = PropertiesParameter(metadata.configuration);
    return parameters;
}

OperationParameters MergeParameters(const sql::Merge &statement) {
    using When = sql::MergeClause::When;
    using Act = sql::MergeClause::Action;
    json lists[3] = {json::array(), json::array(), json::array()};
    for (const sql::MergeClause &clause : statement.clauses) {
        json one = json::object();
        if (clause.condition) one["predicate"] = sql::ColumnNameOf(*clause.condition);
        bool updates = clause.action == Act::kUpdate || clause.action == Act::kUpdateAll;
        one["actionType"] = clause.action == Act::kDelete ? "delete" : updates ? "update" : "insert";
        lists[static_cast<size_t>(clause.when)].push_back(std::move(one));
    }
    OperationParameters parameters;
    parameters["predicate"] = PredicateParameter(statement.condition.get());
    parameters["matchedPredicates"] = lists[static_cast<size_t>(When::kMatched)].dump();
    parameters["notMatchedPredicates"] = lists[static_cast<size_t>(When::kNotMatched)].dump();
    parameters["notMatchedBySourcePredicates"] = lists[static_cast<size_t>(When::kNotMatchedBySource)].dump();
    return parameters;
}

std::string ColumnsParameter(const std::vector<std::pair<std::string, Field>> &columns) {
    json list = json::array();
    for (auto &[name, field] : columns) {
        json metadata = json::object();
        for (auto &[key, text] : field.metadata) metadata[key] = json::parse(text, nullptr, false);
        std::string type = field.type.kind == TypeKind::kStruct ? "struct" : field.type.ToString();
        if (field.type.kind == TypeKind::kLong) type = "long";
        if (field.type.kind == TypeKind::kInt) type = "integer";
        list.push_back({{"column", {{"name", name}, {"type", type}, {"nullable", field.nullable}, {"metadata", metadata}}}});
    }
    return list.dump();
}

}  // namespace tarn::engine

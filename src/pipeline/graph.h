// pipeline/graph.h: the datasets and flows that a pipeline's SQL files define, in the order they must run.
//
// Pure: reads files, touches no table. Specification: Spark 4.1 Declarative Pipelines SQL with Databricks' AUTO CDC and
// expectations.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"
#include "pipeline/project.h"
#include "sql/statement.h"

namespace tarn::pipeline {

// A stream that a flow follows.
struct StreamSource {
    enum class Kind : uint8_t { kTable, kFiles };
    Kind kind = Kind::kTable;
    catalog::TableName table;                // kTable
    const sql::TableFunction *files = nullptr;  // kFiles; lives as long as the graph
};

struct Flow {
    enum class Kind : uint8_t { kAppend, kUpsert, kReplace };
    Kind kind = Kind::kAppend;
    std::string name;
    sql::QueryPtr query;                        // kAppend, kReplace
    const sql::CreateAutoCdcFlow *cdc = nullptr;  // kUpsert; lives as long as the graph
    std::vector<StreamSource> streams;
    bool once = false;
};

struct Dataset {
    enum class Kind : uint8_t { kStreamingTable, kMaterializedView, kView };
    Kind kind = Kind::kStreamingTable;
    catalog::TableName name;
    const sql::TableSpec *spec = nullptr;   // Tables. Lives as long as the graph.
    const sql::CreateView *view = nullptr;  // kView
    const sql::Statement *statement = nullptr;
    std::string text;                       // The statement's source.
    std::vector<Flow> flows;
    std::vector<catalog::TableName> reads;  // Datasets of this pipeline that must be up to date first.
    std::string place;                      // "pipelines/raw.sql:12" for messages.
};

// CREATE TEMPORARY VIEW: a name for a query within the pipeline.
struct PipelineView {
    std::string name;
    std::string query_text;
};

struct Graph {
    std::vector<Dataset> datasets;  // Each after those it reads.
    std::vector<PipelineView> views;
    // Owns what the pointers above point into.
    std::vector<std::shared_ptr<const sql::Statement>> statements;
};

// Parses every source with its configuration filled in.
// Errors: PARSE_SYNTAX_ERROR and others of the parser, with the file in the message; PIPELINE_INVALID_DEFINITION for a
// statement that is no definition, a name defined twice, a flow without target, a cycle.
Result<Graph> BuildGraph(const PipelineSpec &pipeline, const std::filesystem::path &project_folder);

}  // namespace tarn::pipeline

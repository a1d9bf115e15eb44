// engine/internal/ai_functions.h: the functions ai_… of SQL, and the tables system.ai.…
//
// RenderAiCall makes `tarn_ai_<name>(handle, fails, argument, …)` of a call, its arguments in order and typed. A chunk of rows
// is one batch for ai/service.h, or goes to the models of ai/local. NULL in, NULL out. With `fails` false the result is a
// struct (result, errorMessage), and a row that fails does not end the statement.
// The functions are volatile and may fail: DuckDB neither folds them, nor calls them while it plans, nor moves them in front
// of a filter.
#pragma once

#include <string>
#include <vector>

#include "engine/internal/ai_statement.h"
#include "engine/internal/duckdb_headers.h"
#include "sql/render.h"

namespace tarn::engine {

// `args`: rendered, in the call's order. Errors: those of a call with wrong arguments, with its position.
Result<std::string> RenderAiCall(const sql::FunctionCall &call, const std::vector<std::string> &args, SourcePosition position, uint64_t handle, const ai::Settings &settings);

// Both are borrowed and must outlive the database.
void RegisterAiFunctions(duckdb::DatabaseInstance &db, AiStatements &statements);
void RegisterAiTables(duckdb::DatabaseInstance &db, ai::Service &service);

// A FROM item for system.ai.usage and system.ai.cache; "" for any other name.
std::string AiTable(const std::string &catalog, const std::string &schema, const std::string &table);

// JSON, or bare text, as a value of `type`. Errors: AI_FUNCTION_HTTP_PARSE_CAST_ERROR.
Result<duckdb::Value> ValueOfAnswer(const std::string &text, const duckdb::LogicalType &type, const std::string &member);

}  // namespace tarn::engine

// engine/internal/statements.h: how each kind of statement is carried out. session.cpp dispatches here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "delta/transaction.h"
#include "engine/internal/statement_context.h"
#include "engine/result_set.h"
#include "engine/session.h"
#include "sql/statement.h"

namespace tarn::engine {

using ResultPtr = std::unique_ptr<ResultSet>;

// A few rows made by us; a cell that is nullopt is NULL. Numbers are given as text.
ResultPtr RowsResult(std::vector<Column> columns, std::vector<std::vector<std::optional<std::string>>> rows);
// The same with DuckDB values, for columns of any type.
ResultPtr ValuesResult(std::vector<std::pair<std::string, duckdb::LogicalType>> columns, std::vector<std::vector<duckdb::Value>> rows);
ResultPtr NoRows();
// One row of BIGINT counts, as Databricks answers DML.
ResultPtr CountsResult(const std::vector<std::pair<std::string, int64_t>> &counts);

// Streams the rows of `sql`; `context` keeps what the text refers to.
Result<ResultPtr> RunQuery(SessionState &session, std::unique_ptr<StatementContext> context, const std::string &sql);

// --- queries.cpp
Result<std::unique_ptr<PreparedQuery>> PrepareQuery(SessionState &session, const sql::QueryStatement &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::QueryStatement &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::Explain &statement);
// --- dml.cpp
Result<ResultPtr> Execute(SessionState &session, const sql::Insert &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::Update &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::Delete &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::Truncate &statement);
// --- copy_into.cpp
Result<ResultPtr> Execute(SessionState &session, const sql::CopyInto &statement);
// --- merge.cpp
Result<ResultPtr> Execute(SessionState &session, const sql::Merge &statement);
// --- ddl.cpp
Result<ResultPtr> Execute(SessionState &session, const sql::CreateSchema &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::CreateTable &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::CreateView &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::Drop &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::Undrop &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::AlterTable &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::CommentOn &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::Use &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::Set &statement);
// --- atomic_block.cpp
Result<ResultPtr> Execute(SessionState &session, const sql::AtomicBlock &statement);
// --- show.cpp
Result<ResultPtr> Execute(SessionState &session, const sql::Show &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::Describe &statement);
// --- describe.cpp
Result<ResultPtr> DescribeTable(SessionState &session, const sql::Describe &statement);
Result<ResultPtr> DescribeHistory(SessionState &session, const sql::Describe &statement);
Result<ResultPtr> DescribeDetail(SessionState &session, const sql::Describe &statement);

// --- optimize.cpp
Result<ResultPtr> Execute(SessionState &session, const sql::Optimize &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::Reorg &statement);
// --- clone.cpp, convert.cpp
Result<ResultPtr> Execute(SessionState &session, const sql::CloneTable &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::ConvertToDelta &statement);
Result<ResultPtr> Execute(SessionState &session, const sql::AnalyzeTable &statement);
// --- restore.cpp
Result<ResultPtr> Execute(SessionState &session, const sql::Restore &statement);
// --- vacuum.cpp
Result<ResultPtr> Execute(SessionState &session, const sql::Vacuum &statement);

// --- shared by show.cpp and describe.cpp
// The metastore keeps a view column's comment in a property of this beginning, with the column in lower case behind it.
inline constexpr char kViewComment[] = "view.columnComment.";
Result<DataType> SchemaOfName(SessionState &session, StatementContext &context, const sql::Name &name);
Result<DataType> SchemaOfEntry(SessionState &session, StatementContext &context, const catalog::TableEntry &entry);
// --- shared by ddl.cpp and the flows
// The specification of a new table of these columns. `inherited`: properties of the table that it is made like.
Result<delta::NewTable> NewTableOf(const sql::TableSpec &spec, DataType schema, const delta::StringMap &inherited = {});
// The query's columns as Delta can store them: no VOID, no INTERVAL. Errors: COLUMN_ALREADY_EXISTS, DELTA_UNSUPPORTED_DATA_TYPES.
Result<DataType> StorableSchema(DataType schema);
// Forgets a table's name and sets a managed table's folder aside, or removes it (`purge`).
Result<void> DropEntry(SessionState &session, const catalog::TableEntry &entry, bool purge = false);
// SHOW TABLES DROPPED
Result<ResultPtr> ShowDropped(SessionState &session, const std::string &catalog, const std::string &schema, std::optional<int64_t> limit);
// Registers a view over `query_text`, whose columns are fixed now.
Result<void> CreateViewEntry(SessionState &session, StatementContext &context, const catalog::TableName &name,
                             const sql::CreateView &statement, bool replace);

}  // namespace tarn::engine

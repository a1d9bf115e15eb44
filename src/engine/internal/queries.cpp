// Queries and results.
#include "engine/internal/cell_format.h"
#include "engine/internal/duck_error.h"
#include "engine/internal/duck_run.h"
#include "engine/internal/statements.h"
#include "engine/internal/types.h"
#include "secrets/redaction.h"

namespace tarn::engine {
namespace {

// Values of secrets never leave a result (secrets/redaction.h). `out` from `from` on is one whole cell.
void RedactCell(const DataType &type, CellStyle style, size_t from, std::string &out) {
    if (!secrets::AnythingHidden()) return;
    std::string before = out.substr(from);
    secrets::Redact(out, from);
    bool bare = style == CellStyle::kJson && !type.IsNested() && out[from] != '"';
    if (!bare || std::string_view(out).substr(from) == before) return;
    out.insert(from, 1, '"');  // A number no longer: keep the line JSON.
    out += '"';
}

class QueryResult final : public ResultSet {
public:
    QueryResult(std::unique_ptr<StatementContext> context, duckdb::unique_ptr<duckdb::QueryResult> result)
        : context_(std::move(context)), result_(std::move(result)) {
        for (size_t i = 0; i < result_->names.size(); i++) {
            columns_.push_back({result_->names[i], FromLogicalType(result_->types[i])});
        }
    }

    const std::vector<Column> &columns() const override { return columns_; }

    Result<bool> Next() override {
        return Guard([&]() -> Result<bool> {
            chunk_ = result_->Fetch();
            if (result_->HasError()) return Fail(FromDuckError(result_->GetErrorObject()));
            if (!chunk_ || chunk_->size() == 0) return false;
            TARN_CHECK(CheckSums());
            return true;
        });
    }

    size_t batch_rows() const override { return chunk_ ? chunk_->size() : 0; }

    void AppendCell(size_t row, size_t column, CellStyle style, std::string &out) const override {
        size_t from = out.size();
        AppendValue(chunk_->GetValue(column, row), style, false, out);
        RedactCell(columns_[column].type, style, from, out);
    }
    bool IsNull(size_t row, size_t column) const override { return chunk_->GetValue(column, row).IsNull(); }

private:
    // A sum of whole numbers is a HUGEINT for DuckDB and a BIGINT here (types.h).
    Result<void> CheckSums() {
        for (duckdb::Vector &vector : chunk_->data) {
            if (vector.GetType().id() != duckdb::LogicalTypeId::HUGEINT) continue;
            duckdb::UnifiedVectorFormat rows;
            vector.ToUnifiedFormat(chunk_->size(), rows);
            auto values = duckdb::UnifiedVectorFormat::GetData<duckdb::hugeint_t>(rows);
            for (duckdb::idx_t i = 0; i < chunk_->size(); i++) {
                duckdb::idx_t at = rows.sel->get_index(i);
                int64_t fits;
                if (!rows.validity.RowIsValid(at) || duckdb::Hugeint::TryCast(values[at], fits)) continue;
                return Fail(ErrorKind::kInvalidInput, "ARITHMETIC_OVERFLOW", "BIGINT overflow: " + duckdb::Hugeint::ToString(values[at]) + ".");
            }
        }
        return {};
    }

    std::unique_ptr<StatementContext> context_;  // Keeps what the query's text refers to.
    duckdb::unique_ptr<duckdb::QueryResult> result_;
    duckdb::unique_ptr<duckdb::DataChunk> chunk_;
    std::vector<Column> columns_;
};

class FixedRows final : public ResultSet {
public:
    using Rows = std::vector<std::vector<std::optional<std::string>>>;
    FixedRows(std::vector<Column> columns, Rows rows) : columns_(std::move(columns)), rows_(std::move(rows)) {}

    const std::vector<Column> &columns() const override { return columns_; }
    Result<bool> Next() override { return !std::exchange(done_, true) && !rows_.empty(); }
    size_t batch_rows() const override { return rows_.size(); }
    void AppendCell(size_t row, size_t column, CellStyle style, std::string &out) const override {
        auto &cell = rows_[row][column];
        TypeKind kind = columns_[column].type.kind;
        size_t from = out.size();
        bool json_text = style == CellStyle::kJson && kind != TypeKind::kBoolean && !columns_[column].type.IsNumeric();
        if (!cell) out += style == CellStyle::kJson ? "null" : "NULL";
        else if (json_text) AppendJsonString(*cell, out);
        else out += *cell;
        RedactCell(columns_[column].type, style, from, out);
    }
    bool IsNull(size_t row, size_t column) const override { return !rows_[row][column]; }

private:
    std::vector<Column> columns_;
    Rows rows_;
    bool done_ = false;
};

class FixedValues final : public ResultSet {
public:
    using Rows = std::vector<std::vector<duckdb::Value>>;
    FixedValues(std::vector<Column> columns, Rows rows) : columns_(std::move(columns)), rows_(std::move(rows)) {}

    const std::vector<Column> &columns() const override { return columns_; }
    Result<bool> Next() override { return !std::exchange(done_, true) && !rows_.empty(); }
    size_t batch_rows() const override { return rows_.size(); }
    void AppendCell(size_t row, size_t column, CellStyle style, std::string &out) const override {
        size_t from = out.size();
        AppendValue(rows_[row][column], style, false, out);
        RedactCell(columns_[column].type, style, from, out);
    }
    bool IsNull(size_t row, size_t column) const override { return rows_[row][column].IsNull(); }

private:
    std::vector<Column> columns_;
    Rows rows_;
    bool done_ = false;
};

}  // namespace

ResultPtr RowsResult(std::vector<Column> columns, std::vector<std::vector<std::optional<std::string>>> rows) {
    return std::make_unique<FixedRows>(std::move(columns), std::move(rows));
}

ResultPtr ValuesResult(std::vector<std::pair<std::string, duckdb::LogicalType>> columns, std::vector<std::vector<duckdb::Value>> rows) {
    std::vector<Column> described;
    for (auto &[name, type] : columns) described.push_back({name, FromLogicalType(type)});
    return std::make_unique<FixedValues>(std::move(described), std::move(rows));
}

ResultPtr NoRows() { return RowsResult({}, {}); }

ResultPtr CountsResult(const std::vector<std::pair<std::string, int64_t>> &counts) {
    std::vector<Column> columns;
    std::vector<std::optional<std::string>> row;
    for (auto &[name, count] : counts) {
        columns.push_back({name, DataType::Of(TypeKind::kLong)});
        row.push_back(std::to_string(count));
    }
    return RowsResult(std::move(columns), {std::move(row)});
}

Result<ResultPtr> RunQuery(SessionState &session, std::unique_ptr<StatementContext> context, const std::string &sql) {
    return Guard([&]() -> Result<ResultPtr> {
        duckdb::unique_ptr<duckdb::QueryResult> result = session.connection.SendQuery(sql);
        if (result->HasError()) return Fail(FromDuckError(result->GetErrorObject()));
        return std::make_unique<QueryResult>(std::move(context), std::move(result));
    });
}

namespace {

class Prepared final : public PreparedQuery {
public:
    Prepared(SessionState &session, std::unique_ptr<StatementContext> context, std::string text)
        : session_(session), context_(std::move(context)), text_(std::move(text)), sources_(context_->Sources()) {}

    const QuerySources &sources() const override { return sources_; }
    Result<ResultPtr> Run() override { return RunQuery(session_, std::move(context_), text_); }
    Result<HeldRowsRef> Hold() override {
        TARN_TRY(auto rows, RunToEnd(session_.connection, text_));
        return std::make_shared<const HeldQuery>(session_.engine.held_queries, sources_, std::move(rows));
    }

private:
    SessionState &session_;
    std::unique_ptr<StatementContext> context_;
    std::string text_;
    QuerySources sources_;
};

}  // namespace

Result<std::unique_ptr<PreparedQuery>> PrepareQuery(SessionState &session, const sql::QueryStatement &statement) {
    auto context = std::make_unique<StatementContext>(session);
    TARN_TRY(std::string text, context->Query(*statement.query));
    return std::make_unique<Prepared>(session, std::move(context), std::move(text));
}

Result<ResultPtr> Execute(SessionState &session, const sql::QueryStatement &statement) {
    TARN_TRY(auto prepared, PrepareQuery(session, statement));
    return prepared->Run();
}

Result<ResultPtr> Execute(SessionState &session, const sql::Explain &statement) {
    auto *query = statement.statement->As<sql::QueryStatement>();
    if (!query) {
        return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", "EXPLAIN shows the plan of queries only.");
    }
    StatementContext context(session);
    TARN_TRY(std::string text, context.Query(*query->query));
    return Guard([&]() -> Result<ResultPtr> {
        auto result = session.connection.Query("EXPLAIN " + text);
        if (result->HasError()) return Fail(FromDuckError(result->GetErrorObject()));
        std::string plan = statement.mode == "EXTENDED" ? "== DuckDB SQL ==\n" + text + "\n\n" : "";
        plan += "== Physical Plan ==\n" + result->GetValue(1, 0).ToString();
        return RowsResult({{"plan", DataType::Of(TypeKind::kString)}}, {{plan}});
    });
}

}  // namespace tarn::engine

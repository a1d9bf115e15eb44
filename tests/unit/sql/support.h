// tests/unit/sql/support.h: a RenderContext without a catalog, and the shortest way from Spark text to DuckDB text.
#pragma once

#include <gtest/gtest.h>

#include "sql/parser.h"
#include "sql/render.h"

namespace tarn::sql {

// Every table is scan("…full name…"); main.default is what short names mean.
class FakeContext : public RenderContext {
public:
    Result<std::string> RenderTable(const TableRef &table) override {
        std::string text = "scan('" + table.name.ToString() + "'";
        if (table.version) text += ", version " + std::to_string(*table.version);
        tables.push_back(table.name.ToString());
        return text + ")";
    }
    Result<std::string> RenderTableFunction(const TableFunction &function, const std::vector<RenderedArgument> &args) override {
        std::string text = function.name.ToString() + "(";
        for (const RenderedArgument &arg : args) {
            if (text.back() != '(') text += ", ";
            text += (arg.name.empty() ? "" : arg.name + " := ") + arg.spelling;
        }
        return text + ")";
    }
    Name Qualify(const Name &table) override {
        Name name = table;
        if (name.parts.size() == 1) name.parts.insert(name.parts.begin(), "default");
        if (name.parts.size() == 2) name.parts.insert(name.parts.begin(), "main");
        return name;
    }

    std::vector<std::string> tables;
};

// The DuckDB text, or "ERROR [CLASS] message".
inline std::string Rendered(std::string_view spark) {
    FakeContext context;
    Result<QueryPtr> query = ParseQuery(spark);
    if (!query) return "ERROR [" + query.error().condition + "] " + query.error().message;
    Result<std::string> text = RenderQuery(**query, context);
    if (!text) return "ERROR [" + text.error().condition + "] " + text.error().message;
    return *text;
}

inline std::string RenderedExpr(std::string_view spark) {
    FakeContext context;
    Result<ExprPtr> expr = ParseExpression(spark);
    if (!expr) return "ERROR [" + expr.error().condition + "] " + expr.error().message;
    Result<std::string> text = RenderExpr(**expr, context);
    if (!text) return "ERROR [" + text.error().condition + "] " + text.error().message;
    return *text;
}

// "CLASS line:column" of the error that parsing a statement gives, or "ok".
inline std::string ParseOutcome(std::string_view text) {
    Result<Statement> statement = ParseStatement(text);
    if (statement) return "ok";
    const Error &error = statement.error();
    return error.condition + " " + std::to_string(error.position.line) + ":" + std::to_string(error.position.column);
}

template <class T>
T Parsed(std::string_view text) {
    Result<Statement> statement = ParseStatement(text);
    EXPECT_TRUE(statement.has_value()) << text << "\n" << (statement ? "" : statement.error().ToString());
    if (!statement) return T{};
    const T *node = statement->As<T>();
    EXPECT_NE(node, nullptr) << text << " is another statement";
    return node == nullptr ? T{} : *node;
}

}  // namespace tarn::sql

// Runs one .test file: statements with their expected rows or error, in a fresh root.
//
//   statement ok                query                       query rowsort
//   CREATE TABLE …              SELECT …                    SELECT …
//                               ----                        ----
//   statement error CLASS       expected rows as the        the same, both sides sorted
//   SELECT …                    spark-sql shell prints them
//
// `parameter NAME = EXPRESSION` gives :NAME a constant value in what follows.
// `query columns=a,b.c` shows these columns, or fields of structs, only. Blank lines separate cases; `#` starts a comment; a row's values are separated by tabs. `${TESTDIR}` is the folder of
// the file, `${TMPDIR}` a folder of this run. A query without expected rows must have none.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/engine.h"
#include "engine/session.h"
#include "sql/parser.h"

namespace {

namespace fs = std::filesystem;
using namespace tarn;

struct Case {
    enum class Kind { kOk, kError, kQuery, kSortedQuery, kParameter } kind = Kind::kOk;
    std::string error_class;
    std::string text;
    std::vector<std::string> rows;
    std::vector<std::string> columns;  // Shown of a query's; empty: all.
    int line = 0;
};

std::string ReplaceAll(std::string text, const std::string &from, const std::string &to) {
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
    return text;
}

std::vector<Case> ReadCases(const fs::path &file, const fs::path &scratch) {
    std::ifstream in(file);
    std::vector<Case> cases;
    std::string line;
    int number = 0;
    auto next = [&] { return ++number, static_cast<bool>(std::getline(in, line)); };
    while (next()) {
        if (line.empty() || line.starts_with("#")) continue;
        Case one;
        one.line = number;
        if (line.starts_with("parameter ")) {
            one.kind = Case::Kind::kParameter;
            one.text = line.substr(10);
            cases.push_back(std::move(one));
            continue;
        }
        if (line == "statement ok") one.kind = Case::Kind::kOk;
        else if (line.starts_with("statement error ")) one.kind = Case::Kind::kError, one.error_class = line.substr(16);
        else if (line == "query" || line.starts_with("query ")) {
            one.kind = line.find(" rowsort") == std::string::npos ? Case::Kind::kQuery : Case::Kind::kSortedQuery;
            if (size_t at = line.find(" columns="); at != std::string::npos) {
                std::stringstream names(line.substr(at + 9));
                for (std::string name; std::getline(names, name, ',');) one.columns.push_back(name);
            }
        }
        else {
            std::fprintf(stderr, "%s:%d: neither statement nor query: %s\n", file.c_str(), number, line.c_str());
            std::exit(2);
        }
        bool rows = false;
        while (next() && (!line.empty())) {
            if (line == "----") rows = true;
            else if (rows) one.rows.push_back(line);
            else one.text += line + "\n";
        }
        one.text = ReplaceAll(one.text, "${TESTDIR}", file.parent_path().string());
        one.text = ReplaceAll(one.text, "${TMPDIR}", scratch.string());
        cases.push_back(std::move(one));
    }
    return cases;
}

std::string FieldOf(const engine::ResultSet &result, size_t row, size_t column, const std::string &path) {
    std::string text;
    result.AppendCell(row, column, engine::CellStyle::kJson, text);
    auto value = nlohmann::ordered_json::parse(text).value(nlohmann::ordered_json::json_pointer(path), nlohmann::ordered_json("no such field"));
    if (value.is_null()) return "NULL";
    return value.is_string() ? value.get<std::string>() : value.dump();
}

Result<std::vector<std::string>> Run(engine::Session &session, const std::string &text, const std::vector<std::string> &columns) {
    TARN_TRY(auto result, session.Execute(text));
    std::vector<std::string> rows;
    std::vector<std::pair<size_t, std::string>> shown;  // A column, and "/b/c" of what is in it.
    for (const std::string &name : columns) {
        std::string column = name.substr(0, name.find('.'));
        auto found = std::ranges::find(result->columns(), column, &engine::Column::name);
        if (found == result->columns().end()) return Fail(ErrorKind::kInvalidInput, "TEST", "the result has no column " + column);
        shown.emplace_back(found - result->columns().begin(), ReplaceAll(name.substr(column.size()), ".", "/"));
    }
    for (size_t column = 0; columns.empty() && column < result->columns().size(); column++) shown.emplace_back(column, "");
    while (true) {
        TARN_TRY(bool more, result->Next());
        if (!more) return rows;
        for (size_t row = 0; row < result->batch_rows(); row++) {
            std::string line;
            for (size_t column = 0; column < shown.size(); column++) {
                if (column > 0) line += '\t';
                auto &[index, path] = shown[column];
                if (path.empty()) result->AppendCell(row, index, engine::CellStyle::kSpark, line);
                else line += FieldOf(*result, row, index, path);
            }
            rows.push_back(ReplaceAll(line, "\n", "\\n"));
        }
    }
}

// "" when the case holds, else what is wrong.
std::string Check(engine::Session &session, const Case &one) {
    if (one.kind == Case::Kind::kParameter) {
        size_t equals = one.text.find(" = ");
        auto value = sql::ParseExpression(std::string_view(one.text).substr(equals == std::string::npos ? one.text.size() : equals + 3));
        if (!value) return value.error().ToString();
        session.SetParameter(one.text.substr(0, equals), *value);
        return "";
    }
    auto rows = Run(session, one.text, one.columns);
    if (one.kind == Case::Kind::kError) {
        if (rows) return "expected the error " + one.error_class + ", but it worked";
        // A main class stands for its sub-classes.
        const std::string &got = rows.error().condition;
        if (got == one.error_class || got.starts_with(one.error_class + ".")) return "";
        return "expected the error " + one.error_class + ", got " + rows.error().ToString();
    }
    if (!rows) return rows.error().ToString();
    if (one.kind == Case::Kind::kOk) return "";
    std::vector<std::string> got = *rows, expected = one.rows;
    if (one.kind == Case::Kind::kSortedQuery) {
        std::ranges::sort(got);
        std::ranges::sort(expected);
    }
    if (got == expected) return "";
    std::string text = "expected\n";
    for (auto &row : expected) text += "    " + row + "\n";
    text += "  got\n";
    for (auto &row : got) text += "    " + row + "\n";
    return text;
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: sql_test FILE.test\n");
        return 2;
    }
    fs::path file = fs::absolute(argv[1]);
    fs::path scratch = fs::temp_directory_path() / ("tarn-sql-" + file.stem().string() + "-" + std::to_string(getpid()));
    fs::create_directories(scratch);
    auto cases = ReadCases(file, scratch);
    int failed = 0;
    {
        auto engine = engine::Engine::Open({scratch / "root"});
        if (!engine) {
            std::fprintf(stderr, "%s\n", engine.error().ToString().c_str());
            return 1;
        }
        auto session = (*engine)->NewSession();
        for (const Case &one : cases) {
            std::string wrong = Check(*session, one);
            if (wrong.empty()) continue;
            failed++;
            std::printf("%s:%d: %s  %s\n", file.c_str(), one.line, one.text.c_str(), wrong.c_str());
        }
    }
    fs::remove_all(scratch);
    std::printf("%s: %zu cases, %d failed\n", file.filename().c_str(), cases.size(), failed);
    return cases.empty() || failed > 0 ? 1 : 0;
}

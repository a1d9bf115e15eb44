#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>

#include "engine/session.h"
#include "pipeline/runner.h"
#include "sql/parser.h"

namespace tarn::pipeline {
namespace {

constexpr size_t kRowsShown = 5;

// The text after `-- test:` in the comment lines right before the statement.
std::string DescriptionBefore(const std::string &script, size_t offset) {
    std::istringstream lines(script.substr(0, offset));
    std::string line, description;
    while (std::getline(lines, line)) {
        size_t at = line.find("-- test:");
        if (at != std::string::npos) description = line.substr(line.find_first_not_of(' ', at + 8) == std::string::npos
                                                                   ? line.size() : line.find_first_not_of(' ', at + 8));
        else if (line.find(';') != std::string::npos) description.clear();
    }
    return description;
}

// "" when the query has no rows; else the first of them.
Result<std::string> FailingRows(engine::Session &session, const std::string &text) {
    TARN_TRY(sql::Statement statement, sql::ParseStatement(text));
    if (!statement.As<sql::QueryStatement>()) {
        Error error = MakeError(ErrorKind::kInvalidInput, "PARSE_SYNTAX_ERROR", "A test is a query whose rows are failures; this is another statement, and was not run.");
        error.position = statement.position;
        return Fail(std::move(error));
    }
    TARN_TRY(auto result, session.Execute(text));
    std::string shown;
    size_t rows = 0;
    while (true) {
        TARN_TRY(bool more, result->Next());
        if (!more) break;
        for (size_t row = 0; row < result->batch_rows(); row++) {
            if (rows++ >= kRowsShown) continue;
            std::string line;
            for (size_t column = 0; column < result->columns().size(); column++) {
                line += (line.empty() ? "" : ", ") + result->columns()[column].name + "=";
                result->AppendCell(row, column, engine::CellStyle::kSpark, line);
            }
            shown += (shown.empty() ? "" : "\n") + line;
        }
    }
    if (rows > kRowsShown) shown += "\n… " + std::to_string(rows - kRowsShown) + " more rows";
    return shown;
}

TestReport RunOne(engine::Session &session, const std::string &name, const std::string &text) {
    TestReport report;
    report.name = name;
    auto start = std::chrono::steady_clock::now();
    auto rows = FailingRows(session, text);
    report.passed = rows && rows->empty();
    if (!rows) report.detail = rows.error().ToString();
    else report.detail = *rows;
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
}

}  // namespace

Result<std::vector<TestReport>> RunTests(engine::Engine &engine, const Project &project,
                                         const std::function<void(const TestReport &)> &on_test) {
    std::vector<TestReport> reports;
    const PipelineSpec &pipeline = project.pipelines.front();
    for (const auto &path : project.tests) {
        std::ifstream in(path, std::ios::binary);
        std::stringstream buffer;
        buffer << in.rdbuf();
        auto session = engine.NewSession();
        session->Use(pipeline.catalog, pipeline.schema);
        auto script = sql::SubstituteVariables(buffer.str(), pipeline.configuration);
        std::vector<sql::StatementText> statements;
        if (script) statements = sql::SplitScript(*script);
        for (size_t i = 0; i < std::max<size_t>(statements.size(), 1); i++) {
            std::string name = path.stem().string();
            if (statements.size() > 1) name += "#" + std::to_string(i + 1);
            TestReport report;
            if (!script) {
                report.name = name;
                report.detail = script.error().ToString();
            } else if (statements.empty()) {
                report.name = name;
                report.detail = "the file holds no query";
            } else {
                report = RunOne(*session, name, statements[i].text);
                report.description = DescriptionBefore(*script, statements[i].offset);
            }
            if (on_test) on_test(report);
            reports.push_back(std::move(report));
        }
    }
    return reports;
}

}  // namespace tarn::pipeline

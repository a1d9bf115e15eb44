// tarn run and tarn test: progress while they work, then a short summary.
#include <clocale>
#include <cstdio>

#include "cli/commands.h"
#include "cli/output.h"
#include "engine/engine.h"
#include "pipeline/runner.h"

namespace tarn::cli {
namespace {

using pipeline::Dataset;
using pipeline::TableReport;

int Print(const Error &error) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s\n", error.ToString().c_str());
    return 1;
}

std::string Expectations(const TableReport &table) {
    int64_t passed = 0, failed = 0;
    for (auto &count : table.result.expectations) {
        passed += count.passed;
        failed += count.failed;
    }
    if (passed + failed == 0) return "-";
    return Thousands(passed) + " / " + Thousands(failed);
}

std::vector<std::string> Row(const TableReport &table) {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.2f", table.seconds);
    if (table.kind == Dataset::Kind::kView) return {table.name, "view", "", "", "", "", seconds};
    auto &result = table.result;
    return {table.name, Thousands(result.rows_read), Thousands(result.rows_inserted), Thousands(result.rows_updated),
            table.version ? std::to_string(*table.version) : "-", Expectations(table), seconds};
}

void PrintSummary(const pipeline::RunReport &report) {
    std::vector<std::string> names = {"table", "read", "inserted", "updated", "version", "expectations ok / failed", "seconds"};
    std::vector<std::vector<std::string>> rows;
    for (const TableReport &table : report.tables) rows.push_back(Row(table));
    std::vector<size_t> widths;
    for (auto &name : names) widths.push_back(DisplayWidth(name));
    for (auto &row : rows) {
        for (size_t i = 0; i < row.size(); i++) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
    }
    auto print = [&](const std::vector<std::string> &cells) {
        std::string line;
        for (size_t i = 0; i < cells.size(); i++) line += (i == 0 ? "" : "  ") + Pad(cells[i], widths[i], i > 0);
        while (!line.empty() && line.back() == ' ') line.pop_back();
        std::printf("%s\n", line.c_str());
    };
    print(names);
    for (auto &row : rows) print(row);
    for (const TableReport &table : report.tables) {
        for (auto &column : table.result.added_columns) std::printf("new column  %s.%s\n", table.name.c_str(), column.c_str());
        for (auto &count : table.result.expectations) {
            if (count.failed > 0) {
                std::printf("expectation %s.%s: %s of %s rows failed\n", table.name.c_str(), count.name.c_str(),
                            Thousands(count.failed).c_str(), Thousands(count.passed + count.failed).c_str());
            }
        }
        if (table.result.rows_dropped > 0) {
            std::printf("dropped     %s rows of %s by expectations\n", Thousands(table.result.rows_dropped).c_str(), table.name.c_str());
        }
    }
}

Result<pipeline::Project> Load(const ProjectArguments &arguments, std::map<std::string, std::string> variables) {
    return pipeline::LoadProject({arguments.folder, arguments.target, std::move(variables)});
}

// Progress on standard error: one line that changes on a terminal, nothing otherwise.
class ProgressLine {
public:
    void Show(const std::string &table) {
        if (terminal_) std::fprintf(stderr, "\r\033[K%s …", table.c_str());
    }
    void Clear() {
        if (terminal_) std::fprintf(stderr, "\r\033[K");
    }

private:
    bool terminal_ = IsTerminal(stderr);
};

}  // namespace

int RunCommand(const RunArguments &arguments) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    std::map<std::string, std::string> variables;
    if (!ParsePairs(arguments.project.variables, "--var", variables)) return 2;
    auto project = Load(arguments.project, std::move(variables));
    if (!project) return Print(project.error());
    auto engine = engine::Engine::Open({arguments.project.root});
    if (!engine) return Print(engine.error());
    AbandonAtEnd abandon(*engine);

    ProgressLine progress;
    pipeline::RunOptions options;
    options.full_refresh = arguments.full_refresh;
    options.select = arguments.select;
    options.dry_run = arguments.dry_run;
    options.on_start = [&](const std::string &table) { progress.Show(table); };
    for (const pipeline::PipelineSpec &spec : project->pipelines) {
        auto report = pipeline::RunPipeline(**engine, *project, spec, options);
        progress.Clear();
        if (!report) return Print(report.error());
        if (arguments.dry_run) {
            std::printf("%s: %zu tables and views, definitions are fine. They run in this order:\n", spec.name.c_str(), report->tables.size());
            for (auto &table : report->tables) std::printf("  %s\n", table.name.c_str());
        } else if (!report->changed()) {
            std::printf("%s: up to date, nothing to do (%zu tables and views checked in %.2f s)\n", spec.name.c_str(),
                        report->tables.size(), report->seconds);
        } else {
            PrintSummary(*report);
            std::printf("%s: done in %.2f s\n", spec.name.c_str(), report->seconds);
        }
    }
    return 0;
}

int TestCommand(const ProjectArguments &arguments) {
    std::map<std::string, std::string> variables;
    if (!ParsePairs(arguments.variables, "--var", variables)) return 2;
    auto project = Load(arguments, std::move(variables));
    if (!project) return Print(project.error());
    auto engine = engine::Engine::Open({arguments.root});
    if (!engine) return Print(engine.error());
    AbandonAtEnd abandon(*engine);
    size_t passed = 0, failed = 0;
    auto reports = pipeline::RunTests(**engine, *project, [&](const pipeline::TestReport &test) {
        (test.passed ? passed : failed)++;
        std::printf("%s  %s%s%s (%.2f s)\n", test.passed ? "ok  " : "FAIL", test.name.c_str(),
                    test.description.empty() ? "" : ": ", test.description.c_str(), test.seconds);
        for (size_t at = 0; !test.passed && at < test.detail.size();) {
            size_t end = std::min(test.detail.find('\n', at), test.detail.size());
            std::printf("      %s\n", test.detail.substr(at, end - at).c_str());
            at = end + 1;
        }
        std::fflush(stdout);
    });
    if (!reports) return Print(reports.error());
    if (reports->empty()) std::printf("the project has no tests (tests/*.sql)\n");
    std::printf("%zu passed, %zu failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}

}  // namespace tarn::cli

// pipeline/runner.h: one update of a project's pipelines, and the project's tests.
//
// Each dataset is brought up to date after those it reads, one commit a flow; two at a time. When a flow fails, what was
// committed before stays, and the run ends with the first error: the next run goes on from there.
// Threads: one run at a time in a process; callbacks come one at a time, from any thread. Several processes may run on one
// root (the tables' commits decide).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/flow.h"
#include "pipeline/graph.h"
#include "pipeline/project.h"

namespace tarn::pipeline {

struct TableReport {
    std::string name;           // Without catalog and schema.
    Dataset::Kind kind = Dataset::Kind::kStreamingTable;
    bool changed = false;       // Whether this run committed something (a view: was made anew with other columns or text).
    engine::BatchResult result; // Sums over the table's flows.
    std::optional<int64_t> version;
    int64_t files_read = 0;     // Source files taken in.
    double seconds = 0;
};

struct RunOptions {
    bool full_refresh = false;         // Drop the pipelines' tables and take everything in again.
    std::vector<std::string> select;   // Table names; empty: all.
    bool dry_run = false;              // Only check definitions; reports what would run.
    std::function<void(const std::string &table)> on_start;
    std::function<void(const TableReport &)> on_table;
};

struct RunReport {
    std::vector<TableReport> tables;
    double seconds = 0;
    bool changed() const;
};

// Errors: those of the graph and of the engine; the message names the dataset.
Result<RunReport> RunPipeline(engine::Engine &engine, const Project &project, const PipelineSpec &pipeline, const RunOptions &options);

struct TestReport {
    std::string name;         // The file's name without .sql, and the number where a file has several.
    std::string description;  // The statement's leading `-- test:` comment.
    bool passed = false;
    std::string detail;       // The first failing rows, or the error.
    double seconds = 0;
};

// Runs tests/*.sql: each statement is a query whose rows are failures; a test without rows has passed.
// Errors: only what keeps tests from running at all; a failing test is in the report.
Result<std::vector<TestReport>> RunTests(engine::Engine &engine, const Project &project,
                                         const std::function<void(const TestReport &)> &on_test);

}  // namespace tarn::pipeline

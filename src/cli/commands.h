// cli/commands.h: what each subcommand of `tarn` does. main.cpp parses the arguments; these return the exit status.
//
// Results go to standard output, everything about them (progress, errors, timings) to standard error.
// Exit status: 0 done; 1 the work failed, with an error printed; 2 wrong arguments.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace tarn::cli {

// Leaves a command's engine to the end of the process, which is next. Declare it before what uses the engine.
class AbandonAtEnd {
public:
    explicit AbandonAtEnd(std::unique_ptr<engine::Engine> &engine) : engine_(engine) {}
    ~AbandonAtEnd() { engine::Engine::Abandon(std::move(engine_)); }
    AbandonAtEnd(const AbandonAtEnd &) = delete;
    AbandonAtEnd &operator=(const AbandonAtEnd &) = delete;

private:
    std::unique_ptr<engine::Engine> &engine_;
};


struct ProjectArguments {
    std::string root;
    std::string folder = ".";
    std::string target;
    std::vector<std::string> variables;  // "name=value"
};

struct RunArguments {
    ProjectArguments project;
    bool full_refresh = false;
    bool dry_run = false;
    std::vector<std::string> select;
};
int RunCommand(const RunArguments &arguments);

int TestCommand(const ProjectArguments &arguments);

struct SqlArguments {
    std::string root;
    std::string format = "table";  // table, tsv, csv, jsonl
    std::vector<std::string> texts;  // -c
    std::string file;                // -f; "-" is standard input
    std::string echo_marker;
    bool keep_going = false;
    std::vector<std::string> parameters;  // "name=value"
};
int SqlCommand(const SqlArguments &arguments);

struct SecretArguments {
    enum class What : uint8_t { kCreateScope, kDeleteScope, kListScopes, kPut, kList, kDelete };
    What what = What::kListScopes;
    std::string root;
    std::string scope, key;
    std::optional<std::string> value;  // --string-value; else a prompt, or standard input
};
int SecretCommand(const SecretArguments &arguments);

struct DashboardArguments {
    ProjectArguments project;
    std::vector<std::string> names;     // Only these; empty: all.
    std::string host = "127.0.0.1";     // serve
    int port = 8910;                    // serve; 0: any free one
    std::string output;                 // build: a folder; report: an HTML file
    bool pdf = false, png = false, tables = false;
};
int DashboardServeCommand(const DashboardArguments &arguments);
int DashboardBuildCommand(const DashboardArguments &arguments);
int DashboardCheckCommand(const DashboardArguments &arguments);
int ReportCommand(const DashboardArguments &arguments);

// "name=value" texts as a map. False: prints what is wrong.
bool ParsePairs(const std::vector<std::string> &texts, const char *option, std::map<std::string, std::string> &pairs);

}  // namespace tarn::cli

// The `tarn` binary: argument parsing only.
#include <CLI/CLI.hpp>
#include <malloc.h>

#include <cstdio>
#include <cstdlib>

#include "cli/commands.h"

namespace {

void AddRoot(CLI::App &command, std::string &root) {
    command.add_option("--root", root, "The lakehouse's folder")->envname("TARN_ROOT")->capture_default_str();
}

void AddProject(CLI::App &command, tarn::cli::ProjectArguments &project) {
    command.add_option("dir", project.folder, "The project's folder, with databricks.yml or spark-pipeline.yml")->capture_default_str();
    AddRoot(command, project.root);
    command.add_option("--target", project.target, "A target of the project; its default one if not given");
    command.add_option("--var", project.variables, "NAME=VALUE: a variable of the project")->take_all()->allow_extra_args(false);
}

CLI::App *AddSecret(CLI::App &app, tarn::cli::SecretArguments &secret) {
    using What = tarn::cli::SecretArguments::What;
    CLI::App *command = app.add_subcommand("secret", "Keep passwords and keys, encrypted, for secret('scope', 'key') and AI endpoints");
    AddRoot(*command, secret.root);
    command->require_subcommand(1);
    auto add = [&](const char *name, const char *alias, const char *help, What what) {
        CLI::App *sub = command->add_subcommand(name, help);
        if (*alias != '\0') sub->alias(alias);
        sub->fallthrough();
        sub->final_callback([&secret, what] { secret.what = what; });
        return sub;
    };
    auto scope = [&](CLI::App *sub, bool required) { sub->add_option("scope", secret.scope, "The scope's name")->required(required); };
    auto key = [&](CLI::App *sub) { sub->add_option("key", secret.key, "The secret's name in its scope")->required(); };
    scope(add("create-scope", "", "Make a scope: a folder of secrets", What::kCreateScope), true);
    scope(add("delete-scope", "", "Delete a scope with all its secrets", What::kDeleteScope), true);
    add("list-scopes", "", "The scopes", What::kListScopes);
    CLI::App *put = add("put", "put-secret", "Set a secret; the value is asked for, or read from standard input", What::kPut);
    scope(put, true);
    key(put);
    put->add_option("--string-value", secret.value, "The value; other users may see it in the list of processes");
    scope(add("list", "list-secrets", "The names of the secrets of a scope, or of all; never their values", What::kList), false);
    CLI::App *remove = add("delete", "delete-secret", "Delete a secret", What::kDelete);
    scope(remove, true);
    key(remove);
    return command;
}

struct DashboardCommands {
    CLI::App *serve, *build, *check, *report;
};

DashboardCommands AddDashboard(CLI::App &app, tarn::cli::DashboardArguments &dashboard, tarn::cli::DashboardArguments &report) {
    CLI::App *parent = app.add_subcommand("dashboard", "Serve, build or check a project's dashboards");
    parent->require_subcommand(1);
    auto add = [](CLI::App &to, const char *name, const char *what, tarn::cli::DashboardArguments &arguments) {
        CLI::App *command = to.add_subcommand(name, what);
        AddProject(*command, arguments.project);
        command->add_option("--name", arguments.names, "Only this dashboard; may be given several times")->take_all()->allow_extra_args(false);
        return command;
    };
    DashboardCommands commands{};
    commands.serve = add(*parent, "serve", "Show them in a browser; saved files and changed tables show at once", dashboard);
    commands.serve->add_option("--port", dashboard.port, "0 for any free one")->check(CLI::Range(0, 65535))->capture_default_str();
    commands.serve->add_option("--host", dashboard.host, "The address to listen on; others than loopback let everyone in")->capture_default_str();
    commands.build = add(*parent, "build", "Write each as one HTML file that needs no server", dashboard);
    commands.build->add_option("--output", dashboard.output, "The folder to write to")->default_val("dashboards-built");
    commands.build->add_flag("--pdf", dashboard.pdf, "Also as PDF (needs Chromium)");
    commands.build->add_flag("--png", dashboard.png, "Also as a picture (needs Chromium)");
    commands.build->add_flag("--tables", dashboard.tables, "Also each query's rows as CSV and XLSX");
    commands.check = add(*parent, "check", "Run all queries with default values; fail on errors", dashboard);
    commands.report = add(app, "report", "Write all dashboards as one document, HTML and PDF", report);
    commands.report->add_option("--output", report.output, "The HTML file; the PDF lies beside it")->default_val("report.html");
    return commands;
}

}  // namespace

int main(int argc, char **argv) {
    // Sessions speak UTC. Saying so here spares the start a search through the machine's time zones (about 10 ms).
    setenv("TZ", "UTC", 1);
    // Buffers of a few megabytes come and go with every block and row group: keep them instead of asking the kernel for
    // fresh, zeroed pages each time.
    mallopt(M_MMAP_THRESHOLD, 64 << 20);
    mallopt(M_TRIM_THRESHOLD, 128 << 20);
    CLI::App app("Tarn: a lakehouse in one binary that speaks Databricks SQL.", "tarn");
    app.set_version_flag("--version", "tarn " TARN_VERSION);
    app.require_subcommand(1);
    app.failure_message(CLI::FailureMessage::help);

    tarn::cli::RunArguments run;
    run.project.root = "./lakehouse";
    CLI::App *run_command = app.add_subcommand("run", "Bring a project's tables up to date");
    AddProject(*run_command, run.project);
    run_command->add_flag("--full-refresh", run.full_refresh, "Drop the project's tables and take everything in again");
    run_command->add_option("--select", run.select, "Only this table; may be given several times")->take_all()->allow_extra_args(false);
    run_command->add_flag("--dry-run", run.dry_run, "Check the project's definitions, change nothing");

    tarn::cli::ProjectArguments test;
    test.root = "./lakehouse";
    CLI::App *test_command = app.add_subcommand("test", "Run a project's tests: queries whose rows are failures");
    AddProject(*test_command, test);

    tarn::cli::SqlArguments sql;
    sql.root = "./lakehouse";
    CLI::App *sql_command = app.add_subcommand("sql", "Run SQL, or start an interactive shell");
    AddRoot(*sql_command, sql.root);
    sql_command->add_option("--format", sql.format, "How rows are printed")
        ->check(CLI::IsMember({"table", "tsv", "csv", "jsonl"}))->capture_default_str();
    auto *text = sql_command->add_option("-c,--command", sql.texts, "SQL statements, separated by ;")->take_all()->allow_extra_args(false);
    sql_command->add_option("-f,--file", sql.file, "A file of SQL statements; - for standard input")->excludes(text);
    sql_command->add_option("--echo-marker", sql.echo_marker, "Print this line before each statement's output");
    sql_command->add_flag("--keep-going", sql.keep_going, "Go on after an error, which is printed in the output's place");
    sql_command->add_option("--param", sql.parameters, "NAME=VALUE: the value of :NAME")->take_all()->allow_extra_args(false);

    tarn::cli::SecretArguments secret;
    secret.root = "./lakehouse";
    CLI::App *secret_command = AddSecret(app, secret);
    tarn::cli::DashboardArguments dashboard, report;
    dashboard.project.root = report.project.root = "./lakehouse";
    DashboardCommands dashboards = AddDashboard(app, dashboard, report);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    int code = *dashboards.serve ? tarn::cli::DashboardServeCommand(dashboard)
               : *dashboards.build ? tarn::cli::DashboardBuildCommand(dashboard)
               : *dashboards.check ? tarn::cli::DashboardCheckCommand(dashboard)
               : *dashboards.report ? tarn::cli::ReportCommand(report)
               : *run_command ? tarn::cli::RunCommand(run)
               : *test_command ? tarn::cli::TestCommand(test)
               : *secret_command ? tarn::cli::SecretCommand(secret)
                                 : tarn::cli::SqlCommand(sql);
    // Commands abandon their engine, whose threads are still there: no static destructor may run beside them.
    bool lost = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
    if (lost) std::fprintf(stderr, "tarn: not all of the output could be written\n");
    std::fflush(nullptr);
    std::_Exit(lost && code == 0 ? 1 : code);
}

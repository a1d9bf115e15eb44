#include "dashboards/build.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <list>

#include "dashboards/export.h"
#include "dashboards/html.h"
#include "dashboards/page.h"

extern char **environ;

namespace tarn::dashboards {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxChoices = 12;  // Of one parameter, that a built page carries results for.
constexpr auto kChromiumPatience = std::chrono::seconds(60);

Result<void> WriteFile(const fs::path &path, std::string_view text, BuildReport &report) {
    // Under another name first: nobody sees half a page.
    fs::path partial = path;
    partial += ".partial";
    std::ofstream out(partial, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    std::error_code failed;
    if (out) fs::rename(partial, path, failed);
    if (!out || failed) return Fail(ErrorKind::kIo, "IO_ERROR", "Cannot write " + path.string() + ".");
    report.files.push_back({path, text.size()});
    return {};
}

// What a reader may choose, as far as that is a short list. The value that is shown comes first.
std::vector<Value> ChoicesOf(const Dashboard &dashboard, const Parameter &parameter, const Values &values, ResultStore &store) {
    std::vector<Value> choices;
    auto add = [&](Value value) {
        if (choices.size() < kMaxChoices && value != values.at(parameter.name)) choices.push_back(std::move(value));
    };
    switch (parameter.type) {
        case ParameterType::kCheckbox:
            add(true);
            add(false);
            break;
        case ParameterType::kDropdown:
            for (const Option &option : parameter.options) add(option.value);
            if (parameter.options_from && dashboard.FindQuery(parameter.options_from->query)) {
                for (const std::string &value : store.Get(dashboard, values, {parameter.options_from->query})[0]->first_column) add(value);
            }
            break;
        case ParameterType::kSlider: {
            double step = parameter.step.value_or(1);
            double min = parameter.min.value_or(0), max = parameter.max.value_or(0);
            if (step <= 0 || (max - min) / step > static_cast<double>(kMaxChoices)) break;
            for (double value = min; value <= max + step / 1e6; value += step) add(value);
            break;
        }
        default: break;
    }
    return choices;
}

// Results of other values than those shown: one parameter at a time away from the default, until the page is full.
void EmbedChoices(ResultStore &store, PageDashboard &page, size_t max_bytes) {
    const Dashboard &dashboard = *page.dashboard;
    std::vector<std::string> shown = QueriesShown(dashboard);
    std::list<Values> changed;
    std::vector<ResultStore::Question> questions;
    for (const Parameter &parameter : dashboard.parameters) {
        std::vector<std::string> names;
        for (const std::string &name : shown) {
            const NamedQuery *query = dashboard.FindQuery(name);
            if (query && std::ranges::find(query->parameters, parameter.name) != query->parameters.end()) names.push_back(name);
        }
        if (names.empty()) continue;
        for (Value &choice : ChoicesOf(dashboard, parameter, page.values, store)) {
            Values &values = changed.emplace_back(page.values);
            values[parameter.name] = std::move(choice);
            for (const std::string &name : names) questions.push_back({&values, name});
        }
    }
    size_t bytes = 0;
    for (ResultRef &result : store.Get(dashboard, questions)) {
        bytes += result->json.size();
        if (bytes > max_bytes) return;
        page.results.push_back(std::move(result));
    }
}

Result<PageDashboard> PageOf(ResultStore &store, const Dashboard &dashboard, BuildReport &report) {
    Values values = store.Resolve(dashboard, {});
    PageDashboard page{&dashboard, values, store.Get(dashboard, values, QueriesShown(dashboard))};
    for (const Problem &problem : dashboard.problems) report.problems.push_back(dashboard.name + ":" + std::to_string(problem.line) + ": " + problem.message);
    for (const ResultRef &result : page.results) {
        if (result->error) report.problems.push_back(dashboard.name + ": [" + result->error->condition + "] " + result->error->message);
    }
    return page;
}

std::string FileUrl(const fs::path &path) {
    std::string url = "file://";
    for (unsigned char c : fs::absolute(path).lexically_normal().string()) {
        bool plain = std::isalnum(c) != 0 || c == '/' || c == '-' || c == '_' || c == '.';
        char text[4];
        std::snprintf(text, sizeof text, "%%%02X", c);
        if (plain) url += static_cast<char>(c);
        else url += text;
    }
    return url;
}

// Waits for the child, at most kChromiumPatience; false when it did not end well.
bool WaitFor(pid_t child) {
    auto end = std::chrono::steady_clock::now() + kChromiumPatience;
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() > end) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return false;
        }
        usleep(10000);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// What Chromium makes of a built page.
struct ChromiumRun {
    fs::path html;
    std::string form;        // "print": the width of a sheet; "picture": that of a screen. Both open and without controls.
    std::string what;        // Its option.
    fs::path made;
    int height = 1600;       // Of the window.
    const char *output = "/dev/null";
};

Result<void> RunChromium(const ChromiumRun &run) {
    fs::path chromium = FindChromium();
    if (chromium.empty()) {
        Error error = MakeError(ErrorKind::kNotFound, "FEATURE_NOT_SUPPORTED", "PDF and PNG are made by Chromium, which is not installed.");
        error.remedy = "Install it (Debian: apt install chromium), or name it in TARN_CHROMIUM.";
        return Fail(std::move(error));
    }
    char profile[] = "/tmp/tarn-chromium-XXXXXX";
    if (mkdtemp(profile) == nullptr) return Fail(ErrorKind::kIo, "IO_ERROR", "Cannot make a temporary folder.");
    std::vector<std::string> arguments = {chromium.string(), "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                                          "--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars",
                                          "--user-data-dir=" + std::string(profile), "--virtual-time-budget=20000", "--window-size=1280," + std::to_string(run.height),
                                          "--no-pdf-header-footer", run.what, FileUrl(run.html) + "#" + run.form};
    // Chromium's sandbox does not work for root.
    if (geteuid() == 0) arguments.insert(arguments.begin() + 1, "--no-sandbox");
    std::vector<char *> argv;
    for (std::string &argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (int fd : {STDIN_FILENO, STDERR_FILENO}) posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, run.output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child = 0;
    int failed = posix_spawn(&child, chromium.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    bool well = failed == 0 && WaitFor(child);
    std::error_code ignored;
    fs::remove_all(profile, ignored);
    bool there = fs::exists(run.made, ignored);
    if (!well || !there) return Fail(ErrorKind::kIo, "IO_ERROR", "Chromium (" + chromium.string() + ") made no " + run.made.string() + ".");
    return {};
}

Result<void> MakePdf(const fs::path &html, const fs::path &made, BuildReport &report) {
    TARN_CHECK(RunChromium({html, "print", "--print-to-pdf=" + fs::absolute(made).string(), made}));
    std::error_code failed;
    report.files.push_back({made, fs::file_size(made, failed)});
    return {};
}

// The whole page, whose height the page itself tells in a first run.
Result<void> MakePng(const fs::path &html, const fs::path &made, BuildReport &report) {
    constexpr int kTallest = 16000;  // What Chromium's pictures hold.
    fs::path dom = fs::absolute(made).string() + ".dom";
    auto looked = RunChromium({html, "picture", "--dump-dom", dom, 1600, dom.c_str()});
    std::string head(4096, '\0');
    std::ifstream in(dom, std::ios::binary);
    in.read(head.data(), static_cast<std::streamsize>(head.size()));
    in.close();
    std::error_code failed;
    fs::remove(dom, failed);
    TARN_CHECK(looked);
    constexpr std::string_view kMark = "data-height=\"";
    size_t at = head.find(kMark);
    int height = at == std::string::npos ? 0 : std::atoi(head.c_str() + at + kMark.size());
    if (height <= 0) return Fail(ErrorKind::kIo, "IO_ERROR", "The page " + html.string() + " was not drawn in time.");
    TARN_CHECK(RunChromium({html, "picture", "--screenshot=" + fs::absolute(made).string(), made, std::clamp(height, 200, kTallest)}));
    report.files.push_back({made, fs::file_size(made, failed)});
    return {};
}

Result<void> WriteTables(ResultStore &store, const PageDashboard &page, const fs::path &folder, BuildReport &report) {
    for (const std::string &name : QueriesShown(*page.dashboard)) {
        for (const char *ending : {".csv", ".xlsx"}) {
            fs::path path = folder / (page.dashboard->name + "-" + name + ending);
            bool csv = std::string_view(ending) == ".csv";
            auto written = store.Rows(*page.dashboard, page.values, name, [&](engine::ResultSet &rows) { return csv ? WriteCsv(rows, path) : WriteXlsx(rows, path, name); });
            if (!written && written.error().condition == "IO_ERROR") return Fail(written.error());
            if (!written) break;  // The query failed, which the report says already.
            std::error_code failed;
            report.files.push_back({path, fs::file_size(path, failed)});
        }
    }
    return {};
}

}  // namespace

fs::path FindChromium() {
    if (const char *named = std::getenv("TARN_CHROMIUM")) return named;
    const char *search = std::getenv("PATH");
    std::string paths = search != nullptr ? search : "/usr/bin:/bin";
    for (const char *name : {"chromium", "chromium-browser", "google-chrome-stable", "google-chrome"}) {
        for (size_t at = 0; at <= paths.size();) {
            size_t end = std::min(paths.find(':', at), paths.size());
            fs::path candidate = fs::path(paths.substr(at, end - at)) / name;
            if (access(candidate.c_str(), X_OK) == 0) return candidate;
            at = end + 1;
        }
    }
    return {};
}

Result<BuildReport> BuildDashboards(ResultStore &store, const std::vector<Dashboard> &dashboards, const BuildOptions &options) {
    auto start = std::chrono::steady_clock::now();
    BuildReport report;
    std::error_code failed;
    fs::create_directories(options.output, failed);
    if (failed) return Fail(ErrorKind::kIo, "IO_ERROR", "Cannot make the folder " + options.output.string() + ": " + failed.message() + ".");
    PageOptions page_options;
    page_options.project = options.project;
    for (const Dashboard &dashboard : dashboards) page_options.index.push_back(&dashboard);
    for (const Dashboard &dashboard : dashboards) {
        TARN_TRY(PageDashboard page, PageOf(store, dashboard, report));
        EmbedChoices(store, page, options.max_embedded);
        fs::path path = options.output / (dashboard.name + ".html");
        TARN_CHECK(WriteFile(path, BuiltHtml(dashboard.title, PageJson(page_options, {page})), report));
        if (options.tables) TARN_CHECK(WriteTables(store, page, options.output, report));
        for (bool pdf : {true, false}) {
            if (!(pdf ? options.pdf : options.png)) continue;
            fs::path made = options.output / (dashboard.name + (pdf ? ".pdf" : ".png"));
            TARN_CHECK(pdf ? MakePdf(path, made, report) : MakePng(path, made, report));
        }
    }
    if (dashboards.size() > 1) TARN_CHECK(WriteFile(options.output / "index.html", BuiltHtml(options.project, PageJson(page_options, {})), report));
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
}

Result<BuildReport> BuildReportDocument(ResultStore &store, const std::vector<Dashboard> &dashboards, const std::string &project, const fs::path &output, bool pdf) {
    auto start = std::chrono::steady_clock::now();
    BuildReport report;
    PageOptions options;
    options.report = true;
    options.project = project;
    std::vector<PageDashboard> pages;
    for (const Dashboard &dashboard : dashboards) {
        options.index.push_back(&dashboard);
        TARN_TRY(PageDashboard page, PageOf(store, dashboard, report));
        pages.push_back(std::move(page));
    }
    std::error_code failed;
    if (output.has_parent_path()) fs::create_directories(output.parent_path(), failed);
    TARN_CHECK(WriteFile(output, BuiltHtml(project, PageJson(options, pages)), report));
    if (pdf) {
        fs::path made = output;
        made.replace_extension(".pdf");
        TARN_CHECK(MakePdf(output, made, report));
    }
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
}

}  // namespace tarn::dashboards

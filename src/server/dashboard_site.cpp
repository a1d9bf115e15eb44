#include "server/dashboard_site.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>

#include "dashboards/export.h"
#include "dashboards/html.h"
#include "dashboards/load.h"
#include "dashboards/page.h"
#include "dashboards/results.h"
#include "web/assets.h"

namespace tarn::server {
namespace {

namespace fs = std::filesystem;
using namespace dashboards;

constexpr std::string_view kJson = "application/json";
constexpr auto kShownFor = std::chrono::minutes(10);

int StatusOf(const Error &error) {
    switch (error.kind) {
        case ErrorKind::kInvalidInput: return 400;
        case ErrorKind::kNotFound: return 404;
        case ErrorKind::kAlreadyExists:
        case ErrorKind::kConflict: return 409;
        case ErrorKind::kUnsupported: return 501;
        default: return 500;
    }
}

// How many queries ran since the start: a page over unchanged tables adds none.
constexpr const char *kQueriesHeader = "X-Tarn-Queries";

Response JsonResponse(int status, std::string body) { return {status, std::string(kJson), std::move(body), {{"Cache-Control", "no-store"}}}; }
Response HtmlResponse(std::string body) {
    return {200, "text/html; charset=utf-8", std::move(body), {{"Content-Security-Policy", std::string(LivePolicy())}, {"Cache-Control", "no-store"}}};
}
Response ErrorResponse(const Error &error) { return JsonResponse(StatusOf(error), "{\"error\":" + ErrorJson(error) + "}"); }

Error NoPage(const std::string &path) { return MakeError(ErrorKind::kNotFound, "DASHBOARD_NOT_FOUND", "There is nothing at " + path + "."); }

struct Loaded {
    pipeline::Project project;
    std::vector<Dashboard> dashboards;
    std::map<std::string, fs::file_time_type> times;  // Of the files, by path.

    const Dashboard *Find(std::string_view name) const {
        auto it = std::ranges::find(dashboards, name, &Dashboard::name);
        return it == dashboards.end() ? nullptr : &*it;
    }
};
using LoadedRef = std::shared_ptr<const Loaded>;

std::map<std::string, fs::file_time_type> TimesOf(const pipeline::Project &project) {
    std::map<std::string, fs::file_time_type> times;
    for (const fs::path &file : project.dashboards) {
        std::error_code failed;
        times[file.string()] = fs::last_write_time(file, failed);
    }
    return times;
}

}  // namespace

struct DashboardSite::Impl {
    Impl(engine::Engine &opened, std::function<Result<pipeline::Project>()> load) : engine(opened), reload(std::move(load)) {}

    engine::Engine &engine;
    std::function<Result<pipeline::Project>()> reload;
    std::mutex mutex;
    LoadedRef loaded;
    std::unique_ptr<ResultStore> store;

    struct Shown {
        Values values;
        std::string fingerprint;
        std::chrono::steady_clock::time_point when;
    };
    std::map<std::string, Shown> shown;      // By dashboard: the values that it was last shown with.

    Result<LoadedRef> Load();
    Response Page(const Request &request, const Dashboard &dashboard, const LoadedRef &all);
    Response HtmlPage(const Request &request, const Dashboard &dashboard, const LoadedRef &all);
    std::string PageOf(const Dashboard &dashboard, const Loaded &all, Values given);
    Response Results(const Request &request, const Dashboard &dashboard);
    Response Table(const Request &request, const Dashboard &dashboard, std::string_view file);
    Response Index(const Loaded &all);
    Response Api(const Request &request, const LoadedRef &all, std::string_view rest);
};

Result<LoadedRef> DashboardSite::Impl::Load() {
    std::lock_guard lock(mutex);
    TARN_TRY(pipeline::Project project, reload());
    auto times = TimesOf(project);
    if (loaded && loaded->times == times) return loaded;
    auto fresh = std::make_shared<Loaded>();
    TARN_TRY(fresh->dashboards, LoadDashboards(project.dashboards));
    fresh->times = std::move(times);
    if (!store) store = std::make_unique<ResultStore>(engine, StoreOptions{project.pipelines[0].catalog, project.pipelines[0].schema});
    fresh->project = std::move(project);
    loaded = fresh;
    return loaded;
}

Response DashboardSite::Impl::Page(const Request &request, const Dashboard &dashboard, const LoadedRef &all) {
    auto given = ValuesFromUrl(dashboard, ParseUrlQuery(request.query));
    if (!given) return ErrorResponse(given.error());
    Response response = JsonResponse(200, PageOf(dashboard, *all, std::move(*given)));
    response.headers.emplace_back(kQueriesHeader, std::to_string(store->queries_run()));
    return response;
}

Response DashboardSite::Impl::HtmlPage(const Request &request, const Dashboard &dashboard, const LoadedRef &all) {
    auto given = ValuesFromUrl(dashboard, ParseUrlQuery(request.query));
    if (!given) return ErrorResponse(given.error());
    Response response = HtmlResponse(LiveHtmlStart(dashboard.title));
    response.rest = [this, &dashboard, all, values = std::move(*given)] { return LiveHtmlEnd(PageOf(dashboard, *all, values)); };
    return response;
}

std::string DashboardSite::Impl::PageOf(const Dashboard &dashboard, const Loaded &all, Values given) {
    Values values = store->Resolve(dashboard, std::move(given));
    PageOptions options;
    options.live = true;
    options.project = all.project.name;
    for (const Dashboard &one : all.dashboards) options.index.push_back(&one);
    std::vector<std::string> names = QueriesShown(dashboard);
    std::vector<ResultRef> results = store->Get(dashboard, values, names);
    {
        std::lock_guard lock(mutex);
        shown[dashboard.name] = {values, ResultStore::Fingerprint(names, results), std::chrono::steady_clock::now()};
    }
    return PageJson(options, {{&dashboard, std::move(values), std::move(results)}});
}

Response DashboardSite::Impl::Index(const Loaded &all) {
    PageOptions options;
    options.live = true;
    options.project = all.project.name;
    for (const Dashboard &one : all.dashboards) options.index.push_back(&one);
    return HtmlResponse(LiveHtmlStart(all.project.name) + LiveHtmlEnd(PageJson(options, {})));
}

Response DashboardSite::Impl::Results(const Request &request, const Dashboard &dashboard) {
    // Only scripts of our own pages can set it: forms of other sites cannot, and their scripts are not let through.
    if (!request.headers.contains("x-tarn")) return JsonResponse(403, R"({"error":{"class":"UNAUTHORIZED_ACCESS","message":"The header X-Tarn is missing."}})");
    auto body = nlohmann::json::parse(request.body, nullptr, false);
    if (!body.is_object() || !body.contains("values")) {
        return ErrorResponse(MakeError(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "The body must be a JSON object with `values` and `queries`."));
    }
    auto given = ValuesFromJson(dashboard, body["values"].dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    if (!given) return ErrorResponse(given.error());
    Values values = store->Resolve(dashboard, *given);
    std::vector<std::string> names;
    if (body.contains("queries") && body["queries"].is_array()) {
        for (const auto &name : body["queries"]) {
            if (name.is_string() && dashboard.FindQuery(name.get<std::string>()) != nullptr) names.push_back(name.get<std::string>());
        }
    } else {
        names = QueriesShown(dashboard);
    }
    std::vector<std::string> parameters;
    for (const Parameter &parameter : dashboard.parameters) parameters.push_back(parameter.name);
    std::string json = "{\"values\":" + ToJson(values, parameters) + ",\"results\":[";
    bool first = true;
    for (const ResultRef &result : store->Get(dashboard, values, names)) json += (std::exchange(first, false) ? "" : ",") + result->json;
    return JsonResponse(200, json + "]}");
}

Response DashboardSite::Impl::Table(const Request &request, const Dashboard &dashboard, std::string_view file) {
    size_t dot = file.rfind('.');
    std::string name(file.substr(0, dot));
    std::string_view ending = dot == std::string_view::npos ? std::string_view() : file.substr(dot + 1);
    if ((ending != "csv" && ending != "xlsx") || dashboard.FindQuery(name) == nullptr) return ErrorResponse(NoPage(request.path));
    auto given = ValuesFromUrl(dashboard, ParseUrlQuery(request.query));
    if (!given) return ErrorResponse(given.error());
    Values values = store->Resolve(dashboard, *given);
    // A folder of our own: nobody can have put a link in the file's place.
    std::string folder = (fs::temp_directory_path() / "tarn-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return ErrorResponse(MakeError(ErrorKind::kIo, "IO_ERROR", "Cannot make a temporary folder."));
    fs::path path = fs::path(folder) / "table";
    auto written = store->Rows(dashboard, values, name, [&](engine::ResultSet &rows) { return ending == "csv" ? WriteCsv(rows, path) : WriteXlsx(rows, path, name); });
    std::ifstream in(path, std::ios::binary);
    std::stringstream bytes;
    bytes << in.rdbuf();
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    if (!written) return ErrorResponse(written.error());
    std::string type = ending == "csv" ? "text/csv; charset=utf-8" : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    return {200, type, bytes.str(), {{"Content-Disposition", "attachment; filename=\"" + dashboard.name + "-" + std::string(file) + "\""}, {"Cache-Control", "no-store"}}};
}

Response DashboardSite::Impl::Api(const Request &request, const LoadedRef &all, std::string_view rest) {
    size_t slash = rest.find('/');
    const Dashboard *dashboard = all->Find(rest.substr(0, slash));
    if (dashboard == nullptr || slash == std::string_view::npos) return ErrorResponse(NoPage(request.path));
    std::string_view action = rest.substr(slash + 1);
    bool reads = request.method == "GET" || request.method == "HEAD";
    if (action == "page" && reads) return Page(request, *dashboard, all);
    if (action == "results" && request.method == "POST") return Results(request, *dashboard);
    if (action.starts_with("table/") && reads) return Table(request, *dashboard, action.substr(6));
    return ErrorResponse(NoPage(request.path));
}

DashboardSite::DashboardSite(engine::Engine &engine, std::function<Result<pipeline::Project>()> reload)
    : impl_(std::make_unique<Impl>(engine, std::move(reload))) {}
DashboardSite::~DashboardSite() = default;

Response DashboardSite::Handle(const Request &request) {
    std::string_view path = request.path;
    bool reads = request.method == "GET" || request.method == "HEAD";
    if (path.starts_with("/assets/") && reads) {
        std::string_view name = path.substr(8);
        std::string_view bytes = web::Asset(name);
        if (bytes.empty()) return ErrorResponse(NoPage(request.path));
        std::string type = name.ends_with(".css") ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8";
        // The URL holds a hash of the bytes.
        return {200, type, std::string(bytes), {{"Cache-Control", "public, max-age=31536000, immutable"}}};
    }
    auto all = impl_->Load();
    if (!all) return ErrorResponse(all.error());
    if (path == "/" && reads) return impl_->Index(**all);
    if (path.starts_with("/d/") && reads) {
        if (const Dashboard *dashboard = (*all)->Find(path.substr(3))) return impl_->HtmlPage(request, *dashboard, *all);
    }
    if (path.starts_with("/api/dashboards/")) return impl_->Api(request, *all, path.substr(16));
    return ErrorResponse(NoPage(request.path));
}

std::vector<std::string> DashboardSite::Changed() {
    std::vector<std::string> names;
    LoadedRef before;
    {
        std::lock_guard lock(impl_->mutex);
        before = impl_->loaded;
    }
    auto all = impl_->Load();
    if (!all || !before) return names;
    if (*all != before) {
        for (const Dashboard &dashboard : (*all)->dashboards) names.push_back(dashboard.name);
        return names;
    }
    std::map<std::string, Impl::Shown> shown;
    {
        std::lock_guard lock(impl_->mutex);
        shown = impl_->shown;
    }
    for (auto &[name, last] : shown) {
        const Dashboard *dashboard = (*all)->Find(name);
        if (dashboard == nullptr || std::chrono::steady_clock::now() - last.when > kShownFor) continue;
        std::string now = impl_->store->Fingerprint(*dashboard, last.values, QueriesShown(*dashboard));
        if (now != last.fingerprint) names.push_back(name);
        std::lock_guard lock(impl_->mutex);
        impl_->shown[name].fingerprint = std::move(now);
    }
    return names;
}

size_t DashboardSite::queries_run() const { return impl_->store ? impl_->store->queries_run() : 0; }

}  // namespace tarn::server

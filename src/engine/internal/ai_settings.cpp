#include "engine/internal/ai_settings.h"

#include <yaml-cpp/yaml.h>

#include <cmath>

namespace tarn::engine {
namespace {

std::unexpected<Error> Wrong(const std::string &file, const std::string &why, std::string remedy = "docs/ai.md shows what `ai` may say.") {
    Error error = MakeError(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", file + ": " + why);
    error.remedy = std::move(remedy);
    return Fail(std::move(error));
}

// A number of `least` to `most`.
Result<double> Number(const std::string &file, const std::string &name, const YAML::Node &node, double least, double most) {
    double value = 0;
    if (node.IsScalar() && YAML::convert<double>::decode(node, value) && std::isfinite(value) && value >= least && value <= most) return value;
    char range[64];
    std::snprintf(range, sizeof range, "%.10g to %.10g", least, most);
    return Wrong(file, "`" + name + "` is a number of " + range + ".");
}

Result<void> ReadKey(const std::string &file, const std::string &name, const std::string &text, ai::EndpointSettings &endpoint) {
    size_t slash = text.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
        return Wrong(file, "`" + name + "` names a secret, SCOPE/KEY; a key itself does not belong into this file.", "Keep it with: tarn secret create-scope openai; tarn secret put openai key. Then write: api_key: openai/key");
    }
    endpoint.secret_scope = text.substr(0, slash);
    endpoint.secret_key = text.substr(slash + 1);
    return {};
}

Result<ai::EndpointSettings> ReadEndpoint(const std::string &file, const std::string &name, const YAML::Node &node) {
    std::string path = "ai.endpoints." + name;
    if (!node.IsMap()) return Wrong(file, "`" + path + "` holds settings, one a line.");
    if (name == "local") return Wrong(file, "`local` stands for Tarn's own models: give the endpoint another name.");
    ai::EndpointSettings endpoint;
    endpoint.name = name;
    for (auto &&entry : node) {
        std::string key = entry.first.as<std::string>();
        const YAML::Node &value = entry.second;
        std::string full = path + "." + key;
        if (!value.IsScalar()) return Wrong(file, "`" + full + "` is one value.");
        auto whole = [&](int &into, double least, double most) -> Result<void> {
            TARN_TRY(double number, Number(file, full, value, least, most));
            into = static_cast<int>(number);
            return {};
        };
        if (key == "base_url") endpoint.base_url = value.as<std::string>();
        else if (key == "model") endpoint.model = value.as<std::string>();
        else if (key == "embedding_model") endpoint.embedding_model = value.as<std::string>();
        else if (key == "api_key") TARN_CHECK(ReadKey(file, full, value.as<std::string>(), endpoint));
        else if (key == "parallel") TARN_CHECK(whole(endpoint.parallel, 1, 256));
        else if (key == "timeout_seconds") TARN_CHECK(whole(endpoint.timeout_s, 1, 3600));
        else if (key == "max_retries") TARN_CHECK(whole(endpoint.max_retries, 0, 20));
        else if (key == "max_output_tokens") TARN_CHECK(whole(endpoint.max_output_tokens, 1, 1'000'000));
        else if (key == "structured_output") endpoint.structured_output = value.as<bool>();
        else return Wrong(file, "There is no setting `" + full + "`.");
    }
    while (endpoint.base_url.ends_with('/')) endpoint.base_url.pop_back();
    TARN_CHECK(ai::Check(endpoint));
    return endpoint;
}

Result<void> ReadBudget(const std::string &file, const YAML::Node &node, ai::Budget &budget) {
    if (!node.IsMap()) return Wrong(file, "`ai.budget` holds `query`, `day` and `project`, in USD.");
    for (auto &&entry : node) {
        std::string key = entry.first.as<std::string>();
        double *cap = key == "query" ? &budget.query : key == "day" ? &budget.day : key == "project" ? &budget.project : nullptr;
        if (cap == nullptr) return Wrong(file, "There is no setting `ai.budget." + key + "`.");
        TARN_TRY(*cap, Number(file, "ai.budget." + key, entry.second, 0, 1e9));
    }
    return {};
}

Result<void> ReadPrices(const std::string &file, const YAML::Node &node, std::map<std::string, ai::Price> &prices) {
    if (!node.IsMap()) return Wrong(file, "`ai.prices` holds models with their `input` and `output` in USD for a million tokens.");
    for (auto &&entry : node) {
        std::string model = entry.first.as<std::string>();
        if (!entry.second.IsMap()) return Wrong(file, "`ai.prices." + model + "` holds `input` and `output`, in USD for a million tokens.");
        ai::Price price;
        for (auto &&one : entry.second) {
            std::string key = one.first.as<std::string>();
            if (key != "input" && key != "output") return Wrong(file, "There is no setting `ai.prices." + model + "." + key + "`.");
            TARN_TRY((key == "input" ? price.input : price.output), Number(file, "ai.prices." + model + "." + key, one.second, 0, 1e6));
        }
        prices[model] = price;
    }
    return {};
}

}  // namespace

Result<ai::Settings> ReadAiSettings(const std::string &file, const YAML::Node &node) {
    if (!node.IsMap()) return Wrong(file, "`ai` holds `endpoints`, `budget` and `prices`.");
    ai::Settings settings;
    for (auto &&entry : node) {
        std::string key = entry.first.as<std::string>();
        if (key == "budget") TARN_CHECK(ReadBudget(file, entry.second, settings.budget));
        else if (key == "prices") TARN_CHECK(ReadPrices(file, entry.second, settings.prices));
        else if (key == "endpoints" && entry.second.IsMap()) {
            for (auto &&endpoint : entry.second) {
                std::string name = endpoint.first.as<std::string>();
                TARN_TRY(settings.endpoints[name], ReadEndpoint(file, name, endpoint.second));
            }
        } else {
            return Wrong(file, key == "endpoints" ? "`ai.endpoints` holds endpoints by name." : "There is no setting `ai." + key + "`.");
        }
    }
    return settings;
}

}  // namespace tarn::engine

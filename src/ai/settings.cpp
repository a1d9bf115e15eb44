#include "ai/settings.h"

#include <cctype>
#include <cmath>

namespace tarn::ai {
namespace {

struct ModelPrice {
    std::string_view model;
    Price price;
};

// USD for a million tokens, as published for direct use; tarn.yml corrects what has changed since.
constexpr ModelPrice kPrices[] = {
    {"gpt-4.1", {2.00, 8.00}},
    {"gpt-4.1-mini", {0.40, 1.60}},
    {"gpt-4.1-nano", {0.10, 0.40}},
    {"gpt-4o", {2.50, 10.00}},
    {"gpt-4o-mini", {0.15, 0.60}},
    {"gpt-5", {1.25, 10.00}},
    {"gpt-5-mini", {0.25, 2.00}},
    {"gpt-5-nano", {0.05, 0.40}},
    {"o3", {2.00, 8.00}},
    {"o3-mini", {1.10, 4.40}},
    {"o4-mini", {1.10, 4.40}},
    {"text-embedding-3-large", {0.13, 0}},
    {"text-embedding-3-small", {0.02, 0}},
    {"text-embedding-ada-002", {0.10, 0}},
    {"claude-3-5-haiku", {0.80, 4.00}},
    {"claude-haiku-4-5", {1.00, 5.00}},
    {"claude-sonnet-4", {3.00, 15.00}},
    {"claude-sonnet-4-5", {3.00, 15.00}},
    {"claude-opus-4-1", {15.00, 75.00}},
    {"gemini-2.5-pro", {1.25, 10.00}},
    {"gemini-2.5-flash", {0.30, 2.50}},
    {"gemini-2.5-flash-lite", {0.10, 0.40}},
    {"mistral-large-latest", {2.00, 6.00}},
    {"mistral-small-latest", {0.10, 0.30}},
    {"mistral-embed", {0.10, 0}},
    {"deepseek-chat", {0.27, 1.10}},
};

// "-2024-08-06", "-20250514"
bool IsDate(std::string_view rest) {
    if (!rest.starts_with('-')) return false;
    size_t digits = 0;
    for (char c : rest) {
        if (std::isdigit(static_cast<unsigned char>(c))) digits++;
        else if (c != '-') return false;
    }
    return digits == 8;
}

std::unexpected<Error> Wrong(const EndpointSettings &endpoint, const std::string &why, std::string remedy = {}) {
    Error error = MakeError(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "The AI endpoint `" + endpoint.name + "`: " + why);
    error.remedy = std::move(remedy);
    return Fail(std::move(error));
}

}  // namespace

Result<void> Check(const EndpointSettings &endpoint) {
    bool https = endpoint.base_url.starts_with("https://");
    if (!https && !endpoint.base_url.starts_with("http://")) return Wrong(endpoint, "`base_url` starts with https:// or http://.", "Write e.g. base_url: https://api.openai.com/v1");
    std::string_view rest = std::string_view(endpoint.base_url).substr(https ? 8 : 7);
    std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    if (authority.empty() || rest.find_first_of("?# \t\r\n") != std::string_view::npos) return Wrong(endpoint, "`base_url` is no plain URL.");
    if (authority.find('@') != std::string_view::npos) return Wrong(endpoint, "`base_url` must not hold a user or password.", "Keep the key as a secret: api_key: SCOPE/KEY");
    std::string_view host = authority.starts_with('[') ? authority.substr(0, authority.find(']') + 1) : authority.substr(0, authority.find(':'));
    bool here = host == "localhost" || host == "[::1]" || (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
    if (!https && !here && !endpoint.secret_key.empty()) return Wrong(endpoint, "its key would travel unencrypted.", "Use https://; http:// with a key is taken for this machine only.");
    if (endpoint.model.empty() && endpoint.embedding_model.empty()) return Wrong(endpoint, "`model` is missing.");
    return {};
}

std::optional<Price> PriceOf(const std::map<std::string, Price> &prices, std::string_view model) {
    if (auto set = prices.find(std::string(model)); set != prices.end()) return set->second;
    std::string_view name = model.substr(model.rfind('/') + 1);  // "openai/gpt-4o"
    for (const ModelPrice &known : kPrices) {
        if (name == known.model || (name.starts_with(known.model) && IsDate(name.substr(known.model.size())))) return known.price;
    }
    return std::nullopt;
}

Result<Price> NeedPrice(const std::map<std::string, Price> &prices, std::string_view model) {
    if (auto price = PriceOf(prices, model)) return *price;
    Error error = MakeError(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE",
                            "The price of the model `" + std::string(model) + "` is not known: no budget could be kept, so it is not called.");
    error.remedy = "Write into ROOT/tarn.yml, in USD for a million tokens (0 for a model of your own): ai: {prices: {'" + std::string(model) + "': {input: 0.5, output: 1.5}}}";
    return Fail(std::move(error));
}

NanoUsd CostOf(const Price &price, int64_t tokens_in, int64_t tokens_out) {
    return static_cast<NanoUsd>(std::ceil((static_cast<double>(tokens_in) * price.input + static_cast<double>(tokens_out) * price.output) * (kNanoPerUsd / 1e6) - 1e-6));
}

}  // namespace tarn::ai

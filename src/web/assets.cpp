#include "web/assets.h"

#include <cstdint>
#include <cstdio>

// Set around the files' bytes by assets.S.
extern "C" {
extern const char tarn_asset_app_css[], tarn_asset_app_css_end[];
extern const char tarn_asset_app_js[], tarn_asset_app_js_end[];
extern const char tarn_asset_charts_js[], tarn_asset_charts_js_end[];
}

namespace tarn::web {

std::string_view Asset(std::string_view name) {
    if (name == "app.css") return {tarn_asset_app_css, tarn_asset_app_css_end};
    if (name == "app.js") return {tarn_asset_app_js, tarn_asset_app_js_end};
    if (name == "charts.js") return {tarn_asset_charts_js, tarn_asset_charts_js_end};
    return {};
}

std::string AssetTag(std::string_view name) {
    uint64_t hash = 14695981039346656037U;  // FNV-1a
    for (char c : Asset(name)) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

}  // namespace tarn::web

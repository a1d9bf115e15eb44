// web/assets.h: what Vite made of web/, inside the binary.
//
// Threads: constants.
#pragma once

#include <string>
#include <string_view>

namespace tarn::web {

// app.css, app.js, charts.js; empty for any other name.
std::string_view Asset(std::string_view name);
// Changes when the asset's bytes do: hexadecimal, for URLs and ETags.
std::string AssetTag(std::string_view name);

}  // namespace tarn::web

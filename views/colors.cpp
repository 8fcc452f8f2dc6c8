// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/colors.h"

namespace treewarden {

bool isDark(const QPalette &palette)
{
    return palette.color(QPalette::Window).lightness() < 128;
}

QColor color(ColorRole role, const QPalette &palette)
{
    struct Pair
    {
        QRgb light;
        QRgb dark;
    };
    const auto pair = [role]() -> Pair {
        switch (role) {
        case ColorRole::Internal:
            return {0xff0072b2, 0xff56b4e9};
        case ColorRole::External:
            return {0xffc47a00, 0xffe69f00};
        case ColorRole::Here:
            return {0xff0b6e3a, 0xff5fd39a};
        case ColorRole::Danger:
            return {0xffb3261e, 0xffff8a70};
        case ColorRole::Warning:
            return {0xff8f5a00, 0xffe8b13a};
        case ColorRole::Muted:
            return {0xff5c636a, 0xffa5adb5};
        case ColorRole::Line:
            return {0xffd0d4d8, 0xff44494e};
        case ColorRole::BadgeNeutral:
            return {0xffe4e6e8, 0xff3a3f44};
        case ColorRole::BadgeWarning:
            return {0xffffe2a8, 0xff5c4200};
        case ColorRole::BadgeDanger:
            return {0xffffd3cc, 0xff6b1f16};
        case ColorRole::BadgeSafe:
            return {0xffd8efe0, 0xff173f2a};
        case ColorRole::BadgeWarningText:
            return {0xff5c3b00, 0xffffe0a0};
        case ColorRole::BadgeDangerText:
            return {0xff7a150c, 0xffffd8d0};
        case ColorRole::BadgeSafeText:
            return {0xff0d4426, 0xffc9f2da};
        }
        return {0xff000000, 0xffffffff};
    }();
    return QColor::fromRgb(isDark(palette) ? pair.dark : pair.light);
}

namespace {

QColor mixed(const QColor &from, const QColor &to, float share)
{
    const auto between = [share](float a, float b) { return a + (b - a) * share; };
    return QColor::fromRgbF(
        between(from.redF(), to.redF()), between(from.greenF(), to.greenF()), between(from.blueF(), to.blueF()));
}

} // namespace

QPalette withVisibleBoxes(QPalette palette)
{
    constexpr float Share = 0.4F; // a contrast of 3:1 against the window, and of more to the mark inside
    for (const QPalette::ColorGroup group : {QPalette::Active, QPalette::Inactive}) {
        if (isDark(palette))
            palette.setColor(group, QPalette::Base,
                mixed(palette.color(group, QPalette::Base), palette.color(group, QPalette::Text), Share));
    }
    return palette;
}

QPalette withSoftSelection(QPalette palette)
{
    for (const QPalette::ColorGroup group : {QPalette::Active, QPalette::Inactive, QPalette::Disabled}) {
        const QColor base = palette.color(group, QPalette::Base);
        const QColor highlight = palette.color(group, QPalette::Highlight);
        const float share = group == QPalette::Active ? 0.3F : 0.24F;
        palette.setColor(group, QPalette::Highlight, mixed(base, highlight, share));
        palette.setColor(group, QPalette::HighlightedText, palette.color(group, QPalette::Text));
    }
    return palette;
}

} // namespace treewarden

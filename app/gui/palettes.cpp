// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/palettes.h"

namespace treewarden {

namespace {

struct Shades
{
    QRgb window;
    QRgb base;
    QRgb alternate;
    QRgb button;
    QRgb text;
    QRgb faint;
    QRgb highlight;
    QRgb highlighted;
    QRgb link;
};

QPalette paletteOf(const Shades &shades)
{
    QPalette palette{QColor(shades.button), QColor(shades.window)};
    palette.setColor(QPalette::Base, QColor(shades.base));
    palette.setColor(QPalette::AlternateBase, QColor(shades.alternate));
    for (const auto role :
        {QPalette::Text, QPalette::WindowText, QPalette::ButtonText, QPalette::ToolTipText, QPalette::BrightText})
        palette.setColor(role, QColor(shades.text));
    palette.setColor(QPalette::ToolTipBase, QColor(shades.base));
    palette.setColor(QPalette::PlaceholderText, QColor(shades.faint));
    palette.setColor(QPalette::Highlight, QColor(shades.highlight));
    palette.setColor(QPalette::HighlightedText, QColor(shades.highlighted));
    palette.setColor(QPalette::Link, QColor(shades.link));
    for (const auto role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, QColor(shades.faint));
    return palette;
}

} // namespace

QPalette lightPalette()
{
    return paletteOf(
        {0xfff3f4f5, 0xffffffff, 0xfff7f8f9, 0xfff3f4f5, 0xff1b1e20, 0xff858b91, 0xff308cc6, 0xffffffff, 0xff00609c});
}

QPalette darkPalette()
{
    return paletteOf(
        {0xff24282c, 0xff1b1e20, 0xff212528, 0xff2c3135, 0xfff0f2f4, 0xff8b939a, 0xff3a8fd0, 0xffffffff, 0xff6cb6f2});
}

} // namespace treewarden

"""Charts as geometry: Python works out where everything lies, `parts/charts.html` draws it as SVG.

Horizontal places are percentages of the width and vertical ones pixels of a fixed height, so that a chart fits any
width without a script and nothing moves while a page loads. Colours are the styles' business.
"""

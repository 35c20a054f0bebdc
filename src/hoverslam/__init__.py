"""hoverslam: if this booster comes back, what does a kilogram to orbit cost, and how sure are we?

Data goes through the rooms in one direction, each importing only from rooms to its left:
``vehicles -> physics -> ocp -> flights -> economics -> results -> cli``.
"""

__version__ = "0.1.0"

FOLLOWING = {"red": "green", "green": "yellow", "yellow": "red"}


class TrafficLight:
    def __init__(self, green, yellow, red, hurry):
        self.durations = {"green": green, "yellow": yellow, "red": red}
        self.hurry = hurry
        self.color = "red"
        self.left = red

    def tick(self, seconds):
        while seconds >= self.left:
            seconds -= self.left
            self.color = FOLLOWING[self.color]
            self.left = self.durations[self.color]
        self.left -= seconds
        return self.color

    def press(self):
        if self.color == "green" or self.left > self.hurry:
            self.left = self.hurry
        return self.left
